"""`reference-logmel64`: what the reference bundle's voice encoder was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from edge.voice.front_ends.front_end import (
    Bins,
    FeatureArray,
    Framed,
    Frequency,
    Positive,
    Raw,
    Samples,
)
from edge.voice.front_ends.mel import mel_edges
from edge.voice.front_ends.moments import Moments
from edge.voice.front_ends.spectrogram import fourier, frames_of, hann


@dataclass(frozen=True)
class LogMel(Framed):
    """Log-mel spectrogram of one window, independent of the recording's gain.

    The window is scaled to a fixed RMS, so that the floor under the logarithm stays at the same
    distance from the speech whatever the microphone's level; the mean over the whole window is
    then taken off. Frames have a periodic Hann window.

    Output: `(frames, bins) float32`, natural log of power, mean 0, divided by `scale`.
    """

    takes_level: ClassVar[bool] = True
    takes_moments: ClassVar[bool] = True

    bins: Bins = 64
    low_hz: Frequency = 50.0
    high_hz: Frequency = 8000.0
    rms: Positive = 0.05
    """what each window's root mean square is scaled to, full scale = 1"""
    floor: Positive = 1e-6
    """added to the power before the logarithm"""
    scale: Positive = 3.0

    @cached_property
    def filters(self) -> npt.NDArray[np.float32]:
        """Triangular mel filters, `(fft_length // 2 + 1, bins) float32`."""
        edges = mel_edges(self.low_hz, self.high_hz, self.bins)
        hz = np.arange(self.fft_length // 2 + 1)[:, None] * self.sample_rate / self.fft_length
        rising = (hz - edges[:-2]) / (edges[1:-1] - edges[:-2])
        falling = (edges[2:] - hz) / (edges[2:] - edges[1:-1])
        return np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)

    def raw(self, sound: Samples, at_start: bool) -> Raw:
        """Power of each mel filter, `(frames, bins) float32`."""
        frames = frames_of(sound, self.frame_length, self.frame_step, self.fft_length)
        spectrum = fourier(frames * hann(self.frame_length), self.fft_length).astype(np.complex64)
        return (spectrum.real**2 + spectrum.imag**2) @ self.filters

    def levelled(self, raw: Raw, level: float) -> Raw:
        scaled = raw * np.float32((self.rms / level) ** 2)
        return np.log(scaled + np.float32(self.floor))

    def normalised(self, values: Raw, moments: Moments) -> FeatureArray:
        mean = np.float32(moments.mean.mean())
        return ((values - mean) / np.float32(self.scale)).astype(np.float32, copy=False)
