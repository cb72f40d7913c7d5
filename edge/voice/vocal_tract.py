"""Vocal tract length, measured in the sound.

Vowels resonate near odd multiples of c / 4L in a tube of length L that is closed at one end
(Fant 1960). Formants come from linear prediction (Markel and Gray 1976); their mean spacing gives
the apparent length (Reby and McComb 2003).
"""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt
import soxr

from edge.audio.block import SAMPLE_RATE
from edge.voice.front_ends.spectrogram import hamming

_RATE = 10000
"""Hz: four formants of an adult lie below 5 kHz"""
_FRAME = 300
"""samples at 10 kHz, 30 ms"""
_STEP = 1000
"""samples at 10 kHz: ten frames a second are enough for a median"""
_ORDER = 12
_FORMANTS = 4
_SPEED_OF_SOUND_CM = 35000.0
"""cm/s in warm, moist air"""
_PITCH_HZ = (70.0, 400.0)
_VOICED = 0.5
"""normalised autocorrelation from which a frame is voiced"""
_FRAMES_KEPT = 400
_FRAMES_AT_ONCE = 16
"""one by one they cost three times as much"""
_FRAMES_NEEDED = 8


class VocalTract:
    """Running estimate of one speaker's apparent vocal tract length."""

    def __init__(self) -> None:
        self._lengths: deque[float] = deque(maxlen=_FRAMES_KEPT)
        self._waiting: list[npt.NDArray[np.float32]] = []
        """frames that are not measured yet"""

    def reset(self) -> None:
        """Forget the speaker."""
        self._lengths.clear()
        self._waiting.clear()

    def push(self, speech: npt.NDArray[np.float32]) -> None:
        """Take `(samples,) float32` of speech at 16 kHz."""
        if speech.size < _FRAME * 2:
            return
        sound = soxr.resample(speech, SAMPLE_RATE, _RATE)
        for start in range(0, sound.size - _FRAME + 1, _STEP):
            self._waiting.append(sound[start : start + _FRAME])
            if len(self._waiting) == _FRAMES_AT_ONCE:
                self._measure()

    @property
    def length_cm(self) -> float | None:
        """Median over the voiced frames so far; None before there are enough."""
        self._measure()
        if len(self._lengths) < _FRAMES_NEEDED:
            return None
        return float(np.median(self._lengths))

    def _measure(self) -> None:
        if self._waiting:
            self._lengths += frame_lengths_cm(np.stack(self._waiting))
            self._waiting.clear()


def frame_lengths_cm(frames: npt.NDArray[np.float32]) -> list[float]:
    """Apparent vocal tract length of each of the frames `(frames, samples) float32` at 10 kHz.

    A frame that is not voiced, or shows fewer than three formants, gives none.
    """
    voiced = frames[_voiced(frames)]
    lengths = [_length_cm(formants) for formants in _formants(voiced)] if len(voiced) else []
    return [length for length in lengths if 9.0 < length < 24.0]


def _length_cm(formants: npt.NDArray[np.float64]) -> float:
    """Length of the tube with such formants in Hz, rising; infinite when they are too few."""
    if formants.size < 3:
        return np.inf
    order = np.arange(1, formants.size + 1) - 0.5
    spacing_hz = float(np.dot(order, formants) / np.dot(order, order))
    return _SPEED_OF_SOUND_CM / (2 * spacing_hz)


def _autocorrelation(frames: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """At lags from 0 to a frame's end, `(frames, samples)`."""
    samples = frames.shape[-1]
    spectrum = np.fft.rfft(frames, 2 * samples)
    return np.fft.irfft(spectrum.real**2 + spectrum.imag**2)[:, :samples]


def _voiced(frames: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Which frames repeat themselves at a pitch, `(frames,)`."""
    samples = frames.shape[-1]
    exact = frames.astype(np.float64)
    correlation = _autocorrelation(exact - exact.mean(axis=-1, keepdims=True))
    energy = correlation[:, 0]
    shortest, longest = int(_RATE / _PITCH_HZ[1]), int(_RATE / _PITCH_HZ[0])
    lags = np.arange(shortest, min(longest, samples - 1))
    # fewer samples overlap at longer lags
    strongest = (correlation[:, lags] * (samples / (samples - lags))).max(axis=-1)
    return (energy >= 1e-6) & (strongest > _VOICED * energy)


def _formants(frames: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float64]]:
    """Of each voiced frame up to four formants in Hz, rising, from the roots of the prediction
    polynomial, which are the eigenvalues of its companion matrix."""
    emphasised = np.concatenate([frames[:, :1], frames[:, 1:] - 0.97 * frames[:, :-1]], axis=-1)
    correlation = _autocorrelation(emphasised * hamming(frames.shape[-1]))
    correlation[:, 0] *= 1 + 1e-6  # keeps the equations solvable for pure tones
    index = np.abs(np.subtract.outer(np.arange(_ORDER), np.arange(_ORDER)))
    predictor = np.linalg.solve(correlation[:, index], correlation[:, 1 : _ORDER + 1, None])
    companion = np.zeros((len(frames), _ORDER, _ORDER))
    companion[:, 0] = predictor[..., 0]
    companion[:, np.arange(1, _ORDER), np.arange(_ORDER - 1)] = 1.0
    roots = np.linalg.eigvals(companion)
    hz = np.angle(roots) * _RATE / (2 * np.pi)
    with np.errstate(divide="ignore"):
        bandwidth_hz = -np.log(np.abs(roots)) * _RATE / np.pi
    # of a pair of roots the upper one; a real root is no resonance
    found = (roots.imag > 0) & (hz > 200) & (hz < 4900) & (bandwidth_hz < 500)
    return [np.sort(each[kept])[:_FORMANTS] for each, kept in zip(hz, found, strict=True)]
