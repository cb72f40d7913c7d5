"""`sf2f-logmel40`: the front end of Bai et al. 2022, "Speech Fusion to Face" (SF2F)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar

import numpy as np
import numpy.typing as npt
from msgspec import Meta

from edge.voice.front_ends.front_end import (
    Bins,
    Framed,
    Frequency,
    Positive,
    Raw,
    Samples,
    Share,
)
from edge.voice.front_ends.mel import mel_edges
from edge.voice.front_ends.spectrogram import as_int16, fourier, frames_of

SILENCE = float(np.finfo(np.float64).eps)
"""stands for an energy of 0 under the logarithm"""


@dataclass(frozen=True)
class Sf2fLogMel(Framed):
    """Log-mel spectrogram as BAI-Yeqi/SF2F_PyTorch has it from python_speech_features 0.6
    (`logfbank` of 16-bit samples), then shifted and scaled by the corpus' mean and deviation.

    Pre-emphasis keeps the window's first sample as it is; frames are rectangular; power is
    divided by the transform's length; filters lie on the bins floor((fft_length + 1)·f / rate).
    That library fills a last frame up with zeros; a window has whole frames only.

    Output: `(frames, bins) float32`.
    """

    back: ClassVar[int] = 1
    head: ClassVar[int] = 1

    bins: Bins = 40
    low_hz: Frequency = 0.0
    high_hz: Frequency = 8000.0
    emphasis: Share = 0.97
    mean: Annotated[float, Meta(ge=-100, le=100)] = 10.9915
    deviation: Positive = 3.1661

    @cached_property
    def filters(self) -> npt.NDArray[np.float64]:
        """Triangular mel filters, `(fft_length // 2 + 1, bins)`."""
        hz = mel_edges(self.low_hz, self.high_hz, self.bins)
        edges = np.floor((self.fft_length + 1) * hz / self.sample_rate)
        left, centre, right = edges[:-2], edges[1:-1], edges[2:]
        bins = np.arange(self.fft_length // 2 + 1)[:, None]
        rising = (bins - left) / np.maximum(centre - left, 1)
        falling = (right - bins) / np.maximum(right - centre, 1)
        return np.maximum(0.0, np.where(bins < centre, rising, falling))

    def raw(self, sound: Samples, at_start: bool) -> Raw:
        whole = as_int16(sound)
        before = np.append(0.0, whole[:-1]) if at_start else whole[:-1]
        emphasised = (whole if at_start else whole[1:]) - self.emphasis * before
        frames = frames_of(emphasised, self.frame_length, self.frame_step, self.fft_length)
        spectrum = fourier(frames, self.fft_length)
        energy = ((spectrum.real**2 + spectrum.imag**2) / self.fft_length) @ self.filters
        logs = np.log(np.where(energy == 0, SILENCE, energy))
        return ((logs - self.mean) / self.deviation).astype(np.float32)
