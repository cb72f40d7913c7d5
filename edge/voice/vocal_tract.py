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
_FRAMES_NEEDED = 8


class VocalTract:
    """Running estimate of one speaker's apparent vocal tract length."""

    def __init__(self) -> None:
        self._lengths: deque[float] = deque(maxlen=_FRAMES_KEPT)

    def reset(self) -> None:
        """Forget the speaker."""
        self._lengths.clear()

    def push(self, speech: npt.NDArray[np.float32]) -> None:
        """Take `(samples,) float32` of speech at 16 kHz."""
        if speech.size < _FRAME * 2:
            return
        sound = soxr.resample(speech, SAMPLE_RATE, _RATE)
        for start in range(0, sound.size - _FRAME + 1, _STEP):
            length = frame_length_cm(sound[start : start + _FRAME])
            if length is not None:
                self._lengths.append(length)

    @property
    def length_cm(self) -> float | None:
        """Median over the voiced frames so far; None before there are enough."""
        if len(self._lengths) < _FRAMES_NEEDED:
            return None
        return float(np.median(self._lengths))


def frame_length_cm(frame: npt.NDArray[np.float32]) -> float | None:
    """Apparent vocal tract length of one frame `(samples,) float32` at 10 kHz.

    None when the frame is not voiced or shows fewer than three formants.
    """
    if not _is_voiced(frame):
        return None
    formants = _formants(frame)
    if len(formants) < 3:
        return None
    order = np.arange(1, len(formants) + 1) - 0.5
    spacing_hz = float(np.dot(order, formants) / np.dot(order, order))
    length = _SPEED_OF_SOUND_CM / (2 * spacing_hz)
    return length if 9.0 < length < 24.0 else None


def _is_voiced(frame: npt.NDArray[np.float32]) -> bool:
    centred = frame - frame.mean()
    spectrum = np.fft.rfft(centred, 2 * frame.size)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[: frame.size]
    if correlation[0] < 1e-6:
        return False
    shortest, longest = int(_RATE / _PITCH_HZ[1]), int(_RATE / _PITCH_HZ[0])
    lags = np.arange(shortest, min(longest, frame.size - 1))
    # fewer samples overlap at longer lags
    normalised = correlation[lags] / correlation[0] * frame.size / (frame.size - lags)
    return bool(normalised.max() > _VOICED)


def _formants(frame: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Up to four formants in Hz, rising, from the roots of the prediction polynomial."""
    emphasised = np.append(frame[0], frame[1:] - 0.97 * frame[:-1]) * np.hamming(frame.size)
    correlation = np.correlate(emphasised, emphasised, "full")[frame.size - 1 :][: _ORDER + 1]
    correlation[0] *= 1 + 1e-6  # keeps the equations solvable for pure tones
    index = np.abs(np.subtract.outer(np.arange(_ORDER), np.arange(_ORDER)))
    try:
        predictor = np.linalg.solve(correlation[index], correlation[1:])
    except np.linalg.LinAlgError:
        return np.zeros(0)
    roots = np.roots(np.concatenate([[1.0], -predictor]))
    roots = roots[roots.imag > 0]
    hz = np.angle(roots) * _RATE / (2 * np.pi)
    bandwidth_hz = -np.log(np.abs(roots)) * _RATE / np.pi
    return np.sort(hz[(hz > 200) & (hz < 4900) & (bandwidth_hz < 500)])[:_FORMANTS]
