"""Another voice begins a new person: the face is not made of two."""

from __future__ import annotations

import numpy as np
import pytest

from edge.inference.bundle import Bundle
from edge.inference.engine import Engine
from edge.inference.manifest import VoiceChange
from edge.voice.encoder import StreamingEncoder
from edge.voice.listener import Heard, Listener, Pace
from edge.voice.person import Person
from edge.voice.pooling import Mean

ONE, OTHER = np.array([1.0, 0.0], np.float32), np.array([-1.0, 0.2], np.float32)
CHANGE = VoiceChange(mean="m.npy", windows=3, threshold=0.5, false_alarms=0.02, found=0.9)


def person() -> Person:
    return Person(CHANGE, np.zeros(2, np.float32), Mean(), lambda pooled: pooled)


def test_one_voice_stays_one_person() -> None:
    made, random = person(), np.random.default_rng(0)
    assert not any(made.hear(ONE + random.normal(0, 0.1, 2).astype(np.float32)) for _ in range(100))


def test_another_voice_is_another_person_once() -> None:
    made = person()
    heard = [made.hear(vector) for vector in [ONE] * 8 + [OTHER] * 12]
    assert heard.count(True) == 1
    assert heard.index(True) <= 8 + CHANGE.windows
    assert [tuple(vector) for vector in made.recent] == [tuple(OTHER)] * 3


def test_a_laugh_is_nobody_else() -> None:
    made = person()
    assert not any(made.hear(vector) for vector in [ONE] * 8 + [OTHER] + [ONE] * 8)


def test_too_little_speech_to_compare() -> None:
    made = person()
    assert not any(made.hear(vector) for vector in [ONE] * 2 + [OTHER] * 3)


@pytest.fixture
def both(woman_sound: np.ndarray, man_sound: np.ndarray) -> np.ndarray:
    """One after the other, without a pause between them."""
    return np.concatenate([woman_sound[16_000:96_000], man_sound[16_000:112_000]])


def listen(bundle: Bundle, sound: np.ndarray, pace: Pace) -> list[Heard]:
    listener = Listener(Engine(bundle), pace=pace)
    pieces = [sound[start : start + 1600] for start in range(0, sound.size, 1600)]
    return [heard for piece in pieces if (heard := listener.push(piece))]


def test_a_man_after_a_woman_without_a_pause(reference: Bundle, both: np.ndarray) -> None:
    heard = listen(reference, both, Pace())
    changes = [index for index, each in enumerate(heard) if each.new_person]
    assert len(changes) == 1
    # it takes some windows of the new voice to tell
    before, after = heard[changes[0] - CHANGE.windows - 1], heard[changes[0]]
    assert after.estimate.evidence_s < before.estimate.evidence_s
    assert before.estimate.attributes["gender"].value == "female"
    assert heard[-1].estimate.attributes["gender"].value == "male"
    alone = listen(reference, both[80_000:], Pace())[-1]
    feature, expected = heard[-1].estimate.feature, alone.estimate.feature
    cosine = feature @ expected / np.linalg.norm(feature) / np.linalg.norm(expected)
    assert cosine > 0.9


def test_it_can_be_switched_off(reference: Bundle, both: np.ndarray) -> None:
    heard = listen(reference, both, Pace(tell_apart=False))
    assert not any(each.new_person for each in heard)
    evidence = [each.estimate.evidence_s for each in heard]
    assert evidence == sorted(evidence)


def test_one_speaker_is_not_torn_apart(
    reference: Bundle, woman_sound: np.ndarray, man_sound: np.ndarray
) -> None:
    for sound in (woman_sound, man_sound):
        encoder = StreamingEncoder(Engine(reference))
        assert not any(encoder.push(piece).new_person for piece in np.array_split(sound, 20))
