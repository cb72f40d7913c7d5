"""The pitch of a voice, to find labels that the sound itself contradicts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def median_pitch(
    samples: npt.NDArray[np.float32], lowest_hz: float = 60.0, highest_hz: float = 400.0
) -> float:
    """Median fundamental frequency over the voiced frames of `(samples,) float32` at 16 kHz.

    Autocorrelation divided by that of the window (Boersma 1993), frames of 48 ms every 20 ms; a
    frame is voiced when its highest peak reaches 0.6. Returns Hz, or 0 where nothing is voiced.
    """
    rate, length, step, size = 16000, 768, 320, 2048
    if len(samples) < length:
        return 0.0
    window = np.hanning(length).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, length)[::step] * window
    loudness = np.mean(frames**2, axis=1)
    frames = frames[loudness > 0.1 * np.percentile(loudness, 90)]
    shortest, longest = int(rate / highest_hz), int(rate / lowest_hz)
    correlation = _autocorrelation(frames, size)[:, : longest + 1]
    correlation /= correlation[:, :1] + 1e-12
    correlation /= _autocorrelation(window[None], size)[:, : longest + 1] / np.sum(window**2)
    searched = correlation[:, shortest:]
    # Prefer the shortest lag among near-equal peaks, or every octave below would tie with it.
    weighted = searched - 0.05 * np.log2(np.arange(shortest, longest + 1) / shortest)
    lag = np.argmax(weighted, axis=1)
    voiced = searched[np.arange(len(searched)), lag] > 0.6
    return float(rate / np.median(lag[voiced] + shortest)) if voiced.any() else 0.0


def _autocorrelation(frames: npt.NDArray[np.float32], size: int) -> npt.NDArray[np.float64]:
    return np.fft.irfft(np.abs(np.fft.rfft(frames, size)) ** 2, size)
