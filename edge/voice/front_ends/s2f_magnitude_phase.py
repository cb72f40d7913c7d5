"""`s2f-magnitude-phase`: the front end of the Keras reimplementation of Speech2Face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.voice.front_ends.front_end import Framed, Positive, Raw, Samples
from edge.voice.front_ends.spectrogram import compressed, fourier, frames_of, hann, phase


@dataclass(frozen=True)
class MagnitudePhase(Framed):
    """The front end of saiteja-talluri/Speech2Face as its code has it: magnitude^power and the
    phase as it is, of TensorFlow's `tf.signal.stft`.

    (Its report speaks of real and imaginary part; its code does not do that.) Frames have a
    periodic Hann window; the ends are not padded.

    Output: `(frames, fft_length // 2 + 1, 2) float32`: |S|^power, and the angle in radians.
    """

    power: Positive = 0.3

    def raw(self, sound: Samples, at_start: bool) -> Raw:
        frames = frames_of(sound, self.frame_length, self.frame_step, self.fft_length)
        spectrum = fourier(frames * hann(self.frame_length), self.fft_length)
        magnitude = compressed(np.abs(spectrum).astype(np.float32), self.power)
        return np.stack([magnitude, phase(spectrum)], axis=-1)
