"""The golden sound of every bundle: made by a formula, so that it is ours to ship."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def golden_sound(samples: int, sample_rate: int = 16000) -> npt.NDArray[np.float32]:
    """`(samples,) float32`: a gliding vowel over a sweep of the whole band, peak 0.5.

    Source and filter (Fant 1960): harmonics of a falling pitch, shaped by three formants.
    """
    time = np.arange(samples) / sample_rate
    length = samples / sample_rate
    pitch = 180.0 - 60.0 * time / length
    phase = 2 * np.pi * np.cumsum(pitch) / sample_rate
    formants = ((700.0 - 350.0 * time / length, 90.0), (1200.0 + 900.0 * time / length, 110.0),
                (2600.0 + 0.0 * time, 160.0))  # fmt: skip
    sound = np.zeros(samples)
    for harmonic in range(1, 24):
        frequency = harmonic * pitch
        gain = sum(np.exp(-(((frequency - f) / (2 * w)) ** 2)) for f, w in formants)
        sound += (gain + 0.02) / harmonic * np.sin(harmonic * phase)
    sweep = np.sin(2 * np.pi * (60.0 * time + (7900.0 - 60.0) * time**2 / (2 * length)))
    sound = sound / np.abs(sound).max() + 0.1 * sweep
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)
