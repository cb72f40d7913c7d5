"""What every front end is, and the numbers that it may be given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

import numpy as np
import numpy.typing as npt
from msgspec import Meta

# Bounds, because a bundle's parameters come from elsewhere: no value may take the memory down.
Length = Annotated[int, Meta(ge=16, le=8192)]
Step = Annotated[int, Meta(ge=1, le=8192)]
Bins = Annotated[int, Meta(ge=1, le=1024)]
Frequency = Annotated[float, Meta(ge=0, le=8000)]
Positive = Annotated[float, Meta(gt=0, le=100)]
Decibels = Annotated[float, Meta(ge=-100, le=0)]
Share = Annotated[float, Meta(ge=0, le=1)]

Samples = npt.NDArray[np.float32]
"""Sound at 16 kHz, mono: `(samples,) float32`, full scale -1…1."""

FeatureArray = npt.NDArray[np.float32]
"""What a voice encoder takes: `(frames, bins)` or `(frames, bins, channels)`, float32."""


class FrontEnd(Protocol):
    """A window of sound to features."""

    def __call__(self, window: Samples) -> FeatureArray:
        """The features of the window. Raises ValueError when it is too short or too long."""

    def samples(self, frames: int) -> int:
        """Samples of the shortest window that gives so many frames."""


@dataclass(frozen=True)
class Framed:
    """How sound is cut into frames: whole frames only, the rest at the end is left out."""

    sample_rate: Literal[16000] = 16000
    """Hz"""
    frame_length: Length = 400
    """samples"""
    frame_step: Step = 160
    """samples"""
    fft_length: Length = 512
    """samples"""

    def samples(self, frames: int) -> int:
        return (frames - 1) * self.frame_step + self.frame_length


@dataclass(frozen=True)
class BinsFirst:
    """A front end whose features are turned: `(bins, frames)` or `(bins, frames, channels)`."""

    turned: FrontEnd

    def __call__(self, window: Samples) -> FeatureArray:
        return np.ascontiguousarray(np.swapaxes(self.turned(window), 0, 1))

    def samples(self, frames: int) -> int:
        return self.turned.samples(frames)
