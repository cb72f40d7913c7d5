"""`s2f-complex-601` and `s2f-magnitude-phase-601`: the front ends of Kacper-Pietkun/Speech-to-face.

There 6 s of sound at a level of -23 dB become 601 frames of librosa's `stft`. Here a window is
taken for a clip of its own length: it is brought to the level, padded at both ends, and gives
1 + samples // frame_step frames. A window shorter than 6 s is not repeated to fill 6 s.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np

from edge.voice.front_ends.front_end import Decibels, Framed, Positive, Raw, Samples
from edge.voice.front_ends.spectrogram import (
    Spectrum,
    compressed,
    fourier,
    frames_of,
    hann,
    parts,
    phase,
)


@dataclass(frozen=True)
class _Centred(Framed):
    """Frames that are centred on multiples of `frame_step`, the first one on the first sample."""

    level_db: Decibels = -23.0
    """what the window's root mean square is brought to, dB of full scale"""
    padding: Literal["constant", "reflect"] = "constant"
    """what lies beyond the ends: zeros, librosa's default since 0.9, or the sound reflected"""
    power: Positive = 0.3

    takes_level: ClassVar[bool] = True

    @property
    def offset(self) -> int:
        return self.fft_length // 2

    @property
    def span(self) -> int:
        return self.fft_length

    @property
    def head(self) -> int:  # type: ignore[override]
        """Frames that begin before the window."""
        return -(-self.offset // self.frame_step)

    @property
    def tail(self) -> int:
        """Frames that end after the window."""
        return (self.fft_length - self.offset) // self.frame_step + 1

    def samples(self, frames: int) -> int:
        return max((frames - 1) * self.frame_step, 1)

    def frames(self, samples: int) -> int:
        return samples // self.frame_step + 1

    def padded(self, window: Samples) -> Samples:
        padded: Samples = np.pad(window, self.offset, mode=self.padding)
        return padded

    def spectrum(self, sound: Samples) -> Spectrum:
        """The transform of each frame."""
        frames = frames_of(sound, self.fft_length, self.frame_step, self.fft_length)
        return fourier(frames * self._shape, self.fft_length)

    def gain(self, level: float) -> np.float32:
        """What a compressed magnitude is multiplied with."""
        return np.float32((10 ** (self.level_db / 20) / level) ** self.power)

    @cached_property
    def _shape(self) -> Samples:
        """The Hann window in the middle of a frame."""
        shape = np.zeros(self.fft_length, np.float32)
        start = (self.fft_length - self.frame_length) // 2
        shape[start : start + self.frame_length] = hann(self.frame_length)
        return shape


@dataclass(frozen=True)
class ComplexSpectrogram601(_Centred):
    """Real and imaginary part, each compressed as sgn(x)·|x|^power.

    Output: `(frames, fft_length // 2 + 1, 2) float32`.
    """

    def raw(self, sound: Samples, at_start: bool) -> Raw:
        spectrum = self.spectrum(sound).astype(np.complex64)
        return compressed(parts(spectrum), self.power)

    def levelled(self, raw: Raw, level: float) -> Raw:
        return raw * self.gain(level)


@dataclass(frozen=True)
class MagnitudePhase601(_Centred):
    """Magnitude and angle (radians), each compressed as sgn(x)·|x|^power.

    Output: `(frames, fft_length // 2 + 1, 2) float32`.
    """

    def raw(self, sound: Samples, at_start: bool) -> Raw:
        spectrum = self.spectrum(sound)
        magnitude = np.abs(spectrum).astype(np.float32)
        return compressed(np.stack([magnitude, phase(spectrum)], axis=-1), self.power)

    def levelled(self, raw: Raw, level: float) -> Raw:
        levelled = raw.copy()
        levelled[..., 0] *= self.gain(level)
        return levelled
