"""The daemon with a file as its microphone and a display in memory."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge.audio.block import BLOCK_SAMPLES, AudioBlock
from edge.conversation import Conversation
from edge.daemon import Daemon
from edge.display.memory import MemoryDisplay
from edge.errors import DeviceError, SoundError
from edge.inference.bundle import Bundle
from edge.inference.engine import Engine
from edge.pipeline import Pipeline
from edge.scene import Scene
from edge.state import State

VISIBLE = frozenset({"gender", "age"})


class Sound:
    """A source of blocks as fast as they are taken, which may break at its end."""

    def __init__(self, sound: np.ndarray, error: Exception | None = None) -> None:
        self._sound, self._error = sound.astype(np.float32), error
        self.closed = False

    def __iter__(self) -> Iterator[AudioBlock]:
        import time

        for start in range(0, self._sound.size, BLOCK_SAMPLES):
            yield AudioBlock(self._sound[start : start + BLOCK_SAMPLES], start / 16000)
            time.sleep(0.01)  # ten times faster than real time, so that nothing is dropped
        if self._error:
            raise self._error

    def close(self) -> None:
        self.closed = True


def run(
    bundle: Bundle, sound: np.ndarray, visible: frozenset[str] = VISIBLE, hold_s: float = 1.0
) -> list[Scene]:
    display = MemoryDisplay()
    pipeline = Pipeline(Engine(bundle), visible)
    Daemon(Sound(sound), pipeline, [display], hold_s, visible).run()
    return list(display.scenes)


def states(scenes: list[Scene]) -> list[State]:
    """Each state once, as they follow each other."""
    found = [scene.state for scene in scenes]
    return [state for i, state in enumerate(found) if i == 0 or state is not found[i - 1]]


@pytest.fixture(scope="module")
def two_people(woman: Path, man: Path, reference: Bundle) -> list[Scene]:
    silence = np.zeros(32000)
    return run(
        reference,
        np.concatenate(
            [silence, soundfile.read(woman)[0], silence, soundfile.read(man)[0], silence]
        ),
    )


def test_the_states_follow_each_other(two_people: list[Scene]) -> None:
    seen = states(two_people)
    assert seen[:3] == [State.IDLE, State.LISTENING, State.SPEAKING]
    assert State.HOLDING in seen
    assert seen[-1] is State.IDLE
    assert seen.count(State.LISTENING) >= 2  # the second person starts from nothing


def test_the_second_person_is_not_blended_with_the_first(two_people: list[Scene]) -> None:
    genders = [
        (scene.estimate.evidence_s, scene.estimate.attributes["gender"].scores)
        for scene in two_people
        if scene.estimate
    ]
    restart = next(i for i in range(1, len(genders)) if genders[i][0] < genders[i - 1][0])
    assert genders[restart][0] <= 1.5
    assert genders[restart - 1][1]["female"] > 0.7
    assert genders[-1][1]["male"] > 0.7


def test_evidence_grows_and_the_face_belongs_to_it(two_people: list[Scene]) -> None:
    first = []
    for scene in two_people:
        assert (scene.estimate is None) == (scene.face is None)
        if scene.estimate is None and first:
            break
        if scene.estimate:
            first.append(scene.estimate.evidence_s)
    assert first[0] == 1.0
    assert first == sorted(first)
    assert first[-1] > 4


def test_what_is_switched_off_reaches_no_display(
    reference: Bundle, woman_sound: np.ndarray
) -> None:
    scenes = run(reference, woman_sound, frozenset({"age"}))
    estimates = [scene.estimate for scene in scenes if scene.estimate]
    assert estimates
    for estimate in estimates:
        assert set(estimate.attributes) == {"age"}
        assert estimate.craniofacial == {}


def test_a_source_that_breaks_is_shown_as_a_fault(reference: Bundle) -> None:
    display = MemoryDisplay()
    source = Sound(np.zeros(3200), SoundError("The microphone was unplugged. Plug it in."))
    daemon = Daemon(source, Pipeline(Engine(reference)), [display], 1.0, VISIBLE)
    with pytest.raises(SoundError, match="unplugged"):
        daemon.run()
    assert display.scenes[-1].state is State.FAULT
    assert display.scenes[-1].message == "The microphone was unplugged. Plug it in."
    assert source.closed
    assert display.closed


class BrokenDisplay:
    name = "broken"

    def __init__(self) -> None:
        self.asked = 0

    def show(self, scene: Scene) -> None:
        self.asked += 1
        raise DeviceError("The screen is gone. Plug it in.")

    def close(self) -> None:
        pass


def test_a_broken_display_does_not_stop_the_others(
    reference: Bundle, woman_sound: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    broken, display = BrokenDisplay(), MemoryDisplay()
    pipeline = Pipeline(Engine(reference))
    with caplog.at_level(logging.INFO):
        Daemon(Sound(woman_sound), pipeline, [broken, display], 1.0, VISIBLE).run()
    assert broken.asked == len(display.scenes) > 5
    assert sum("The screen is gone" in message for message in caplog.messages) == 1


def test_the_log_holds_no_sound_no_feature_and_no_attribute(
    reference: Bundle, woman_sound: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        run(reference, woman_sound)
    text = "\n".join(caplog.messages)
    assert "event=estimate" in text
    for word in ("female", "male", "gender", "array", "[0.", "age="):
        assert word not in text


def test_silence_is_not_a_person() -> None:
    conversation = Conversation(hold_s=2.0)
    for tenth in range(100):
        assert not conversation.hear(tenth / 10, speaking=False, known=False)
        assert conversation.state is State.IDLE


def test_a_cough_is_not_listened_to_for_long() -> None:
    conversation = Conversation(hold_s=2.0)
    conversation.hear(0.1, speaking=True, known=False)
    conversation.hear(0.2, speaking=False, known=False)
    assert conversation.state is State.LISTENING
    conversation.hear(0.9, speaking=False, known=False)
    assert conversation.state is State.IDLE
    assert conversation.hear(2.3, speaking=False, known=False)  # and what was heard is forgotten


def test_the_speaker_is_kept_over_a_pause_and_forgotten_after_silence() -> None:
    conversation = Conversation(hold_s=2.0)
    assert not conversation.hear(0.1, speaking=True, known=False)
    assert conversation.state is State.LISTENING
    conversation.hear(1.2, speaking=True, known=True)
    assert conversation.state is State.SPEAKING
    conversation.hear(2.0, speaking=False, known=True)
    assert conversation.state is State.SPEAKING  # a pause between words
    conversation.hear(2.7, speaking=False, known=True)
    assert conversation.state is State.HOLDING
    conversation.hear(3.5, speaking=True, known=True)
    assert conversation.state is State.SPEAKING
    conversation.hear(4.0, speaking=False, known=True)
    assert not conversation.hear(5.9, speaking=False, known=True)
    assert conversation.hear(6.0, speaking=False, known=True)
    assert conversation.state is State.IDLE
