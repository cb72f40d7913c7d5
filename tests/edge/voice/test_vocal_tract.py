"""Vocal tract length of sounds made with a known one."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from edge.voice.vocal_tract import VocalTract, frame_length_cm


def vowel(length_cm: float, seconds: float = 2.0, pitch_hz: float = 120.0) -> np.ndarray:
    """A neutral vowel: pulses through resonators at odd multiples of c / 4L. 16 kHz."""
    rate = 10000
    sound = np.zeros(int(rate * seconds))
    sound[:: int(rate / pitch_hz)] = 1.0
    for number in range(1, 5):
        hz, bandwidth = (2 * number - 1) * 35000 / (4 * length_cm), 60 + 20 * number
        radius = np.exp(-np.pi * bandwidth / rate)
        a1, a2 = -2 * radius * np.cos(2 * np.pi * hz / rate), radius**2
        out, y1, y2 = np.zeros_like(sound), 0.0, 0.0
        for i, x in enumerate(sound):
            out[i] = (1 + a1 + a2) * x - a1 * y1 - a2 * y2
            y1, y2 = out[i], y1
        sound = out
    return soxr.resample((0.3 * sound / np.abs(sound).max()).astype(np.float32), rate, 16000)


@pytest.mark.parametrize("length_cm", [14.0, 15.5, 17.5])
def test_the_length_of_a_tube(length_cm: float) -> None:
    tract = VocalTract()
    for piece in np.array_split(vowel(length_cm), 20):
        tract.push(piece)
    assert tract.length_cm == pytest.approx(length_cm, rel=0.06)


def test_noise_and_silence_say_nothing() -> None:
    tract = VocalTract()
    tract.push(np.random.default_rng(0).normal(0, 0.1, 32000).astype(np.float32))
    tract.push(np.zeros(32000, np.float32))
    assert tract.length_cm is None
    assert frame_length_cm(np.zeros(300, np.float32)) is None


def test_reset_forgets() -> None:
    tract = VocalTract()
    tract.push(vowel(16.0))
    assert tract.length_cm is not None
    tract.reset()
    assert tract.length_cm is None
