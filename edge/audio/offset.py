"""Takes the constant part out of a sound, which some microphones add to it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MEMORY = 0.95
"""of the average from one block to the next: 2 s at a tenth of a second each"""


class Offset:
    """The offset of each channel, as an average over the last seconds."""

    def __init__(self, channels: int) -> None:
        self.value = np.zeros(channels, np.float32)
        """`(channels,) float32`, full scale 1"""
        self._known = False

    def __call__(self, sound: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """`(samples, channels) float32` without it."""
        now = sound.mean(axis=0, dtype=np.float32)
        self.value = MEMORY * self.value + (1 - MEMORY) * now if self._known else now
        self._known = True
        return sound - self.value
