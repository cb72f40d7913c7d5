"""From a portrait to the looks of its drawn face, whatever the decoder gives."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edge.face.looks import Looks, looks
from edge.face.painter import BLURRED_S, CRISP_S, Portrait
from edge.face.traced import traced


class Likeness:
    """Reads looks from parameters where there are any, else from the picture: that it remembers."""

    def __init__(self) -> None:
        self._traced: tuple[Portrait, Looks] | None = None

    def __call__(self, portrait: Portrait, values: npt.NDArray[np.float32] | None = None) -> Looks:
        """The looks of a portrait; `values` `(parameters,)` take the place of its own."""
        values = portrait.values if values is None else values
        if values is not None:
            return looks(dict(zip(portrait.names, map(float, values), strict=True)))
        if self._traced is None or self._traced[0] is not portrait:
            self._traced = portrait, traced(portrait)
        return self._traced[1]


def presence(evidence_s: float) -> float:
    """How far a drawn face has come out of the paper after so much speech, 0…1."""
    return float(np.clip((evidence_s - BLURRED_S) / (CRISP_S - BLURRED_S), 0, 1))
