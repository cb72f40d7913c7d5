"""From an estimate to its picture: drive, decoder, sharpness."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from edge.face.craniofacial import craniofacial
from edge.face.decoder import FaceDecoder
from edge.face.drive import FaceDrive
from edge.inference.engine import Engine
from edge.inference.manifest import LandmarkScheme
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
    landmarks: npt.NDArray[np.float32] | None = None
    """`(points, 2)`, pixels of the picture, where the decoder gives them"""
    values: npt.NDArray[np.float32] | None = None
    """`(parameters,)`, what the decoder made it from, where it takes named parameters"""
    names: tuple[str, ...] = ()
    """of these parameters"""
    scheme: LandmarkScheme | None = None
    """of the landmarks"""


class Painter:
    """Paints the face of an estimate with the bundle's decoder."""

    def __init__(self, engine: Engine) -> None:
        face = engine.bundle.manifest.face
        self._drive = FaceDrive(engine.bundle) if face.parameters else None
        self._names = tuple(parameter.name for parameter in face.parameters)
        self._decoder = FaceDecoder(engine)
        self._scheme = face.landmarks.scheme if face.landmarks else None

    def paint(self, heard: Heard) -> Portrait:
        """The face of what was heard. It sharpens as evidence grows."""
        estimate = heard.estimate
        if self._drive:
            values = self._drive(heard)
            estimate = replace(estimate, craniofacial=self._drive.measures(values))
        else:
            values = estimate.feature
        face = self._decoder(values)
        if self._scheme and face.landmarks is not None:
            measures = craniofacial(face.landmarks, self._scheme)
            estimate = replace(estimate, craniofacial=measures)
        image = sharpened(face.picture, estimate.evidence_s)
        return Portrait(
            estimate,
            image,
            face.landmarks,
            values if self._drive else None,
            self._names,
            self._scheme,
        )


def sharpened(picture: npt.NDArray[np.float32], evidence_s: float) -> Image.Image:
    """A decoder's picture `(size, size, 3)`, 0…1, as RGB, as sharp as the evidence allows."""
    image = Image.fromarray((picture * 255 + 0.5).astype(np.uint8), "RGB")
    radius = blur_radius(evidence_s) * image.width
    return image.filter(ImageFilter.GaussianBlur(radius)) if radius > 0 else image


def blur_radius(evidence_s: float) -> float:
    """Radius of the blur after so much speech, as a share of the picture's width."""
    missing = float(np.clip((CRISP_S - evidence_s) / (CRISP_S - BLURRED_S), 0, 1))
    return BLUR * missing**2
