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
