"""`s2f-complex-601` and `s2f-magnitude-phase-601`: the front ends of Kacper-Pietkun/Speech-to-face.

There 6 s of sound at a level of -23 dB become 601 frames of librosa's `stft`. Here a window is
taken for a clip of its own length: it is brought to the level, padded at both ends, and gives
1 + samples // frame_step frames. A window shorter than 6 s is not repeated to fill 6 s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from edge.voice.front_ends.front_end import Decibels, FeatureArray, Framed, Positive, Samples
from edge.voice.front_ends.spectrogram import (
    Spectrum,
    compressed,
    fourier,
    frames_of,
    hann,
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

    def samples(self, frames: int) -> int:
        return max((frames - 1) * self.frame_step, 1)

    def spectrum(self, window: Samples) -> Spectrum:
        """The transform of the window at its level."""
        level = float(np.sqrt(np.mean(np.square(window, dtype=np.float64))))
        scaled = window * np.float32(10 ** (self.level_db / 20) / max(level, 1e-6))
        padded = np.pad(scaled, self.fft_length // 2, mode=self.padding)
        frames = frames_of(padded, self.fft_length, self.frame_step, self.fft_length)
        shape = np.zeros(self.fft_length, np.float32)
        start = (self.fft_length - self.frame_length) // 2
        shape[start : start + self.frame_length] = hann(self.frame_length)
        return fourier(frames * shape, self.fft_length)


@dataclass(frozen=True)
class ComplexSpectrogram601(_Centred):
    """Real and imaginary part, each compressed as sgn(x)·|x|^power.

    Output: `(frames, fft_length // 2 + 1, 2) float32`.
    """

    def __call__(self, window: Samples) -> FeatureArray:
        spectrum = self.spectrum(window).astype(np.complex64)
        return compressed(np.stack([spectrum.real, spectrum.imag], axis=-1), self.power)


@dataclass(frozen=True)
class MagnitudePhase601(_Centred):
    """Magnitude and angle (radians), each compressed as sgn(x)·|x|^power.

    Output: `(frames, fft_length // 2 + 1, 2) float32`.
    """

    def __call__(self, window: Samples) -> FeatureArray:
        spectrum = self.spectrum(window)
        magnitude = np.abs(spectrum).astype(np.float32)
        return compressed(np.stack([magnitude, phase(spectrum)], axis=-1), self.power)
