"""Speech is found; silence, noise and hum are not."""

from __future__ import annotations

import numpy as np
import pytest

from edge.audio.block import BLOCK_SAMPLES, AudioBlock
from edge.audio.speech import SpeechDetector


def detect(sound: np.ndarray, detector: SpeechDetector | None = None) -> tuple[np.ndarray, bool]:
    """All speech in the sound, and whether somebody was speaking at the end."""
    detector = detector or SpeechDetector()
    found = [
        detector(AudioBlock(sound[i : i + BLOCK_SAMPLES].astype(np.float32), i / 16000))
        for i in range(0, sound.size, BLOCK_SAMPLES)
    ]
    return np.concatenate([speech.samples for speech in found]), found[-1].active


def test_speech_is_found(woman_sound: np.ndarray) -> None:
    speech, _ = detect(woman_sound)
    assert speech.size > 0.7 * woman_sound.size


def test_speech_far_from_the_microphone_is_found(woman_sound: np.ndarray) -> None:
    speech, _ = detect(woman_sound * 0.02)
    assert speech.size > 0.6 * woman_sound.size


@pytest.mark.parametrize("kind", ["silence", "white", "brown", "hum"])
def test_what_is_not_speech(kind: str) -> None:
    rng, time = np.random.default_rng(0), np.arange(5 * 16000) / 16000
    brown = np.cumsum(rng.normal(size=time.size))
    brown -= np.convolve(brown, np.ones(800) / 800, "same")
    sound = {
        "silence": np.zeros(time.size),
        "white": rng.normal(0, 0.03, time.size),
        "brown": 0.3 * brown / np.abs(brown).max(),
        "hum": 0.1 * np.sin(2 * np.pi * 50 * time) + 0.01 * rng.normal(size=time.size),
    }[kind]
    speech, active = detect(sound)
    assert speech.size == 0
    assert not active


def test_hang_over_ends(woman_sound: np.ndarray) -> None:
    detector = SpeechDetector()
    detect(woman_sound, detector)
    speech, active = detect(np.zeros(16000), detector)
    assert not active
    assert speech.size <= 16000 * 0.3


def test_the_pieces_do_not_matter(woman_sound: np.ndarray) -> None:
    whole, _ = detect(woman_sound)
    detector = SpeechDetector()
    pieces = [detector(AudioBlock(part, 0.0)).samples for part in np.array_split(woman_sound, 37)]
    together = np.concatenate(pieces)
    # Silero's chunks are the same wherever the blocks end; one may still be waiting.
    assert abs(together.size - whole.size) <= 512
    shared = min(together.size, whole.size)
    np.testing.assert_array_equal(together[:shared], whole[:shared])


def noisy(sound: np.ndarray, ratio_db: float) -> np.ndarray:
    """With a long silence before it, in white noise at a signal-to-noise ratio."""
    level = np.sqrt(np.mean(np.square(sound))) / 10 ** (ratio_db / 20)
    whole = np.concatenate([np.zeros(20 * 16000), sound])
    return (whole + np.random.default_rng(0).normal(0, level, whole.size)).clip(-1, 1)


@pytest.mark.parametrize(("ratio_db", "share"), [(20, 0.9), (10, 0.9), (0, 0.7)])
def test_speech_after_a_long_time_of_noise(
    woman_sound: np.ndarray, ratio_db: float, share: float
) -> None:
    speech, _ = detect(noisy(woman_sound, ratio_db))
    assert share * woman_sound.size < speech.size < 1.1 * woman_sound.size


def test_steady_noise_costs_next_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its level: the detector is not asked about chunks as loud as the room."""
    asked: list[float] = []

    class Counting:
        def process_samples(self, chunk: list[float]) -> float:
            asked.append(chunk[0])
            return 0.0

    detector = SpeechDetector()
    monkeypatch.setattr(detector, "_silero", Counting())
    detect(np.random.default_rng(0).normal(0, 0.05, 60 * 16000), detector)
    assert len(asked) < 0.05 * 60 / 0.032


def test_after_a_gap_nothing_from_before_is_used(woman_sound: np.ndarray) -> None:
    """What waited when the microphone was muted is not part of what comes later."""
    detector = SpeechDetector()
    detector(AudioBlock(woman_sound[16000:20000], 0.0))
    later = woman_sound[32000:40000]
    fresh = SpeechDetector()(AudioBlock(later, 60.0)).samples
    np.testing.assert_array_equal(detector(AudioBlock(later, 60.0)).samples, fresh)
