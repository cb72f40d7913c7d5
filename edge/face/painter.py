"""From an estimate to its picture: drive, decoder, sharpness."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageFilter

from edge.face.drive import FaceDrive
from edge.inference.engine import Engine
from edge.voice.estimate import Estimate
from edge.voice.listener import Heard

BLURRED_S, CRISP_S = 1.0, 6.0
"""seconds of speech: the face starts blurred and is crisp when the paper's clip length is heard"""
BLUR = 0.02
"""radius at BLURRED_S, as a share of the picture's width"""


@dataclass(frozen=True)
class Portrait:
    """A face and the estimate that it belongs to, with the face's measures filled in."""

    estimate: Estimate
    image: Image.Image
    """square, RGB"""


class Painter:
    """Paints the face of an estimate with the bundle's decoder."""

    def __init__(self, engine: Engine) -> None:
        face = engine.bundle.manifest.face
        self._drive = FaceDrive(engine.bundle) if face.parameters else None
        self._decoder = engine.model("face", "face decoder")
        self._size = face.size

    def paint(self, heard: Heard) -> Portrait:
        """The face of what was heard. It sharpens as evidence grows."""
        estimate = heard.estimate
        if self._drive:
            values = self._drive(heard)
            estimate = replace(estimate, craniofacial=self._drive.measures(values))
        else:
            values = estimate.feature
        pixels = self._decoder(values).reshape(self._size, self._size, 3)
        image = Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8), "RGB")
        radius = blur_radius(estimate.evidence_s) * self._size
        if radius > 0:
            image = image.filter(ImageFilter.GaussianBlur(radius))
        return Portrait(estimate, image)


def blur_radius(evidence_s: float) -> float:
    """Radius of the blur after so much speech, as a share of the picture's width."""
    missing = float(np.clip((CRISP_S - evidence_s) / (CRISP_S - BLURRED_S), 0, 1))
    return BLUR * missing**2
