"""What a mouth needs to know about a short stretch of sound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.audio.block import SAMPLE_RATE

LOWEST_HZ, HIGHEST_HZ = 200.0, 5000.0
"""the band in which vowels differ"""


@dataclass(frozen=True)
class Sound:
    """Loudness and colour of the latest stretch."""

    level: float = 0.0
    """root mean square, full scale 1"""
    centroid_hz: float = 0.0
    """middle of the spectrum, weighted by power; 0: silence"""


SILENCE = Sound()


def measure(samples: npt.NDArray[np.float32]) -> Sound:
    """The sound of `(samples,) float32` at 16 kHz, full scale −1…1; 20 to 100 ms are enough."""
    if not samples.size:
        return SILENCE
    level = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    power = np.abs(np.fft.rfft(samples * np.hanning(samples.size))) ** 2
    at_hz = np.fft.rfftfreq(samples.size, 1 / SAMPLE_RATE)
    power *= (at_hz >= LOWEST_HZ) & (at_hz <= HIGHEST_HZ)
    total = float(power.sum())
    return Sound(level, float(power @ at_hz) / total if total > 1e-12 else 0.0)
