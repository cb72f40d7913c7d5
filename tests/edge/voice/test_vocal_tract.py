"""Vocal tract length of sounds made with a known one."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from edge.voice.vocal_tract import VocalTract, frame_lengths_cm


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
    assert frame_lengths_cm(np.zeros((3, 300), np.float32)) == []


def roots_say(frame: np.ndarray) -> float | None:
    """The length of one voiced frame, written out: normal equations, polynomial, its roots."""
    emphasised = np.append(frame[0], frame[1:] - 0.97 * frame[:-1]) * np.hamming(300)
    r = np.array([emphasised[: 300 - lag] @ emphasised[lag:] for lag in range(13)])
    r[0] *= 1 + 1e-6
    matrix = np.array([[r[abs(i - j)] for j in range(12)] for i in range(12)])
    roots = np.roots(np.append(1.0, -np.linalg.solve(matrix, r[1:])))
    roots = roots[roots.imag > 0]
    hz = np.angle(roots) * 10000 / (2 * np.pi)
    narrow = -np.log(np.abs(roots)) * 10000 / np.pi < 500
    formants = np.sort(hz[narrow & (hz > 200) & (hz < 4900)])[:4]
    odd = np.arange(len(formants)) + 0.5
    return 17500 * (odd @ odd) / (odd @ formants) if len(formants) >= 3 else None


def test_frames_at_once_are_frames_one_by_one(woman_sound: np.ndarray) -> None:
    sound = soxr.resample(woman_sound, 16000, 10000)
    frames = np.lib.stride_tricks.sliding_window_view(sound, 300)[::1000]
    together = frame_lengths_cm(frames)
    alone = [length for frame in frames for length in frame_lengths_cm(frame[None])]
    assert len(together) >= 20
    np.testing.assert_allclose(together, alone, rtol=1e-6)
    voiced = [frame for frame in frames if frame_lengths_cm(frame[None])]
    np.testing.assert_allclose(together, [roots_say(frame) for frame in voiced], rtol=1e-6)


@pytest.mark.parametrize("asked_every", [1, 7, 1000])
def test_it_does_not_matter_when_the_length_is_asked_for(
    asked_every: int, woman_sound: np.ndarray
) -> None:
    tract, frames = VocalTract(), []
    for number, start in enumerate(range(0, woman_sound.size - 1599, 1600)):
        piece = woman_sound[start : start + 1600]
        tract.push(piece)
        frames.append(soxr.resample(piece, 16000, 10000)[:300])
        if number % asked_every == 0:
            _ = tract.length_cm
    lengths = [length for frame in frames for length in frame_lengths_cm(frame[None])]
    assert len(frames) % 16
    assert len(lengths) >= 20
    assert tract.length_cm == pytest.approx(np.median(lengths))


def test_reset_forgets() -> None:
    tract = VocalTract()
    tract.push(vowel(16.0))
    assert tract.length_cm is not None
    tract.push(vowel(16.0, seconds=0.35))
    tract.reset()
    assert tract.length_cm is None
    tract.push(vowel(16.0, seconds=0.65))
    assert tract.length_cm is None
