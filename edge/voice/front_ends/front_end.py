"""What every front end is, and the numbers that it may be given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Protocol

import numpy as np
import numpy.typing as npt
from msgspec import Meta

from edge.voice.front_ends.moments import Moments
from edge.voice.front_ends.spectrogram import root_mean_square

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

Raw = npt.NDArray[Any]
"""What each frame gives for itself, `(frames, …)`, before anything that depends on its window."""


class FrontEnd(Protocol):
    """A window of sound to features."""

    def __call__(self, window: Samples) -> FeatureArray:
        """The features of the window. Raises ValueError when it is too short or too long."""

    def samples(self, frames: int) -> int:
        """Samples of the shortest window that gives so many frames."""

    @property
    def frame_wise(self) -> Framed:
        """The front end in two parts: frame by frame, and what depends on the window."""

    def turn(self, features: FeatureArray) -> FeatureArray:
        """The features of `frame_wise` in the order of axes that this front end gives."""


@dataclass(frozen=True)
class Framed:
    """How sound is cut into frames, and the two parts of every front end.

    `raw` looks at each frame for itself, so a stream computes it once a frame. `levelled` and
    `normalised` bring in the window's level and moments, and cost little. Whole frames only; the
    rest at a window's end is left out.
    """

    back: ClassVar[int] = 0
    """samples before a frame that it depends on, where it is not a window's first"""
    head: ClassVar[int] = 0
    """frames at a window's start that depend on where it starts"""
    takes_level: ClassVar[bool] = False
    takes_moments: ClassVar[bool] = False

    sample_rate: Literal[16000] = 16000
    """Hz"""
    frame_length: Length = 400
    """samples"""
    frame_step: Step = 160
    """samples"""
    fft_length: Length = 512
    """samples"""

    @property
    def offset(self) -> int:
        """Samples by which frame 0 begins before the window."""
        return 0

    @property
    def span(self) -> int:
        """Samples of a frame."""
        return self.frame_length

    @property
    def tail(self) -> int:
        """Frames at a window's end that depend on where it ends, at most."""
        return 0

    @property
    def frame_wise(self) -> Framed:
        return self

    def samples(self, frames: int) -> int:
        return (frames - 1) * self.frame_step + self.frame_length

    def frames(self, samples: int) -> int:
        """Frames of a window of so many samples."""
        return (samples - self.frame_length) // self.frame_step + 1

    def raw(self, sound: Samples, at_start: bool) -> Raw:
        """Frames `(frames, …)` of sound that begins with the first of them: at a window's start,
        or else `back` samples before it. Raises ValueError."""
        raise NotImplementedError

    def padded(self, window: Samples) -> Samples:
        """The window with what its frames see beyond its ends."""
        return window

    def levelled(self, raw: Raw, level: float) -> Raw:
        """`raw` at the level (root mean square) of its window."""
        return raw

    def normalised(self, values: Raw, moments: Moments) -> FeatureArray:
        """Features of levelled values, whose moments over the window are given. Never a view."""
        return np.array(values, np.float32)

    def __call__(self, window: Samples) -> FeatureArray:
        values = self.raw(self.padded(window), at_start=True)
        if self.takes_level:
            values = self.levelled(values, root_mean_square(window))
        moments = Moments.of(values) if self.takes_moments else Moments.none()
        return self.normalised(values, moments)

    def turn(self, features: FeatureArray) -> FeatureArray:
        return features


@dataclass(frozen=True)
class BinsFirst:
    """A front end whose features are turned: `(bins, frames)` or `(bins, frames, channels)`."""

    turned: FrontEnd

    @property
    def frame_wise(self) -> Framed:
        return self.turned.frame_wise

    def __call__(self, window: Samples) -> FeatureArray:
        return self.turn(self.turned(window))

    def samples(self, frames: int) -> int:
        return self.turned.samples(frames)

    def turn(self, features: FeatureArray) -> FeatureArray:
        return np.ascontiguousarray(np.swapaxes(features, 0, 1))
