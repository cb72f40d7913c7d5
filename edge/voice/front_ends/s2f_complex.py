"""`s2f-complex`: the front end of the Speech2Face paper."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.voice.front_ends.front_end import Framed, Positive, Raw, Samples
from edge.voice.front_ends.spectrogram import compressed, fourier, frames_of, hann, parts


@dataclass(frozen=True)
class ComplexSpectrogram(Framed):
    """The front end of Speech2Face (Oh et al. 2019, section 3): real and imaginary part of the
    short-time Fourier transform, each compressed as sgn(x)·|x|^power.

    Frames have a periodic Hann window.

    Output: `(frames, fft_length // 2 + 1, 2) float32`.
    """

    power: Positive = 0.3

    def raw(self, sound: Samples, at_start: bool) -> Raw:
        frames = frames_of(sound, self.frame_length, self.frame_step, self.fft_length)
        spectrum = fourier(frames * hann(self.frame_length), self.fft_length).astype(np.complex64)
        return compressed(parts(spectrum), self.power)
