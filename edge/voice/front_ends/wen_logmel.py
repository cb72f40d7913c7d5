"""`wen-logmel64`: the front end of Wen et al. 2019, "Face Reconstruction from Voice using GANs"."""

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
    Length,
    Positive,
    Raw,
    Samples,
    Share,
)
from edge.voice.front_ends.mel import mel_edges
from edge.voice.front_ends.moments import Moments
from edge.voice.front_ends.spectrogram import as_int16, fourier, frames_of, hamming


@dataclass(frozen=True)
class WenLogMel(Framed):
    """Log-mel spectrogram as cmu-mlsp/reconstructing_faces_from_voices computes it, of 16-bit
    samples, each mel bin normalised to mean 0 and deviation 1 over the window.

    Two habits of that code are kept, because the weights have seen them. Pre-emphasis runs frame
    by frame: the sample "before" a frame is the last one of the frame before it, which overlaps.
    And filters lie on whole Fourier bins, with a height of 2 / width in Hz. One is not: there the
    last frames of a file repeat themselves to fill up; a window has whole frames only. The sample
    before the first frame is 0, as at the start of a file.

    Output: `(frames, bins) float32`.
    """

    head: ClassVar[int] = 1
    takes_moments: ClassVar[bool] = True

    fft_length: Length = 1024
    bins: Bins = 64
    low_hz: Frequency = 20.0
    high_hz: Frequency = 7200.0
    emphasis: Share = 0.97
    floor: Positive = 1e-5
    """smallest power of a mel bin, of 16-bit samples"""

    @cached_property
    def filters(self) -> npt.NDArray[np.float64]:
        """Triangular mel filters, `(fft_length // 2 + 1, bins)`."""
        width_hz = self.sample_rate / self.fft_length
        edges = np.round(mel_edges(self.low_hz, self.high_hz, self.bins) / width_hz)
        left, centre, right = edges[:-2], edges[1:-1], edges[2:]
        bins = np.arange(self.fft_length // 2 + 1)[:, None]
        rising = (bins - left) / np.maximum(centre - left, 1)
        falling = (right - bins) / np.maximum(right - centre, 1)
        height = 2 / (np.maximum(right - left, 1) * width_hz)
        return height * np.maximum(0.0, np.where(bins <= centre, rising, falling))

    def raw(self, sound: Samples, at_start: bool) -> Raw:
        """Natural log of each mel filter's power, `(frames, bins) float32`."""
        whole = as_int16(sound)
        frames = frames_of(whole, self.frame_length, self.frame_step, self.fft_length)
        if self.frame_step >= self.frame_length:
            raise ValueError("its frames must overlap")
        # the last sample of the frame before lies within the frame, which overlaps it
        before = np.array(frames[:, self.frame_length - self.frame_step - 1])
        if at_start:
            before[0] = 0.0
        earlier = np.concatenate([before[:, None], frames[:, :-1]], axis=1)
        emphasised = (frames - self.emphasis * earlier) * hamming(self.frame_length)
        spectrum = fourier(emphasised, self.fft_length)
        power = spectrum.real**2 + spectrum.imag**2
        return np.log(np.maximum(power @ self.filters, self.floor)).astype(np.float32)

    def normalised(self, values: Raw, moments: Moments) -> FeatureArray:
        centred: FeatureArray = values - moments.mean.astype(np.float32)
        deviation = moments.deviation.astype(np.float32) + np.finfo(np.float32).eps
        return centred / deviation
