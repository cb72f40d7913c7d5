"""The bundle's face decoder: a face feature or named parameters to a picture and landmarks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.face.warp import warp
from edge.inference.engine import Engine

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Decoded:
    """A face as the decoder gives it."""

    picture: Floats
    """`(size, size, 3)`, RGB 0…1"""
    landmarks: Floats | None
    """`(points, 2)`, x and y in pixels of the picture, in the bundle's scheme; None: it has none"""


class FaceDecoder:
    """Face feature or parameters → shared vector → picture and landmarks.

    Where the bundle has mean landmarks, its picture is in the mean shape and is warped to the
    landmarks (Cole et al. 2017).
    """

    def __init__(self, engine: Engine) -> None:
        face = engine.bundle.manifest.face
        self._size = face.size
        self._shared = engine.model("shared") if face.shared else None
        self._picture = engine.model("face")
        self._landmarks = engine.model("landmarks") if face.landmarks else None
        mean = face.landmarks.mean if face.landmarks else None
        self._mean = engine.bundle.array(mean) if mean else None

    def __call__(self, values: Floats) -> Decoded:
        """The face of `values`, `(n,)`: the face feature, or the parameters that drive it."""
        if self._shared:
            values = self._shared(values)
        picture = self._picture(values).reshape(self._size, self._size, 3)
        landmarks = self._landmarks(values).reshape(-1, 2) if self._landmarks else None
        if landmarks is not None and self._mean is not None:
            picture = warp(picture, self._mean, landmarks)
        return Decoded(np.clip(picture, 0, 1), landmarks)
