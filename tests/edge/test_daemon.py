"""The daemon with a file as its microphone and a display in memory."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge.audio.block import BLOCK_SAMPLES, AudioBlock
from edge.audio.no_sound import NoSound
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
        for start in range(0, self._sound.size, BLOCK_SAMPLES):
            yield AudioBlock(self._sound[start : start + BLOCK_SAMPLES], start / 16000)
            time.sleep(0.01)  # ten times faster than real time, so that nothing is dropped
        if self._error:
            raise self._error

    def mute(self, muted: bool) -> None:
        pass

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


class Script:
    """A source that gives what a list says: sound, outages, and calls."""

    def __init__(self, *parts: np.ndarray | NoSound | Callable[[], None]) -> None:
        self._parts = parts
        self.mutings: list[bool] = []

    def __iter__(self) -> Iterator[AudioBlock | NoSound]:
        at_s = 0.0
        for part in self._parts:
            if isinstance(part, NoSound):
                yield part
            elif isinstance(part, np.ndarray):
                for start in range(0, part.size, BLOCK_SAMPLES):
                    block = part[start : start + BLOCK_SAMPLES].astype(np.float32)
                    yield AudioBlock(block, at_s)
                    at_s += block.size / 16000
                    time.sleep(0.01)
            else:
                time.sleep(0.2)  # what was given is worked on
                part()
            at_s += 2.0

    def mute(self, muted: bool) -> None:
        self.mutings.append(muted)

    def close(self) -> None:
        pass


def test_an_outage_is_a_fault_that_passes_and_a_new_person(
    reference: Bundle, woman_sound: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    display = MemoryDisplay()
    gone = NoSound("The microphone 'USB' stopped. Check its plug.")
    source = Script(woman_sound, gone, np.zeros(8000), woman_sound)
    with caplog.at_level(logging.INFO):
        Daemon(source, Pipeline(Engine(reference)), [display], 10.0, VISIBLE).run()
    scenes = list(display.scenes)
    at = next(i for i, scene in enumerate(scenes) if scene.state is State.FAULT)
    assert scenes[at].message == gone.reason
    assert scenes[at].estimate is None
    assert scenes[at].face is None
    assert scenes[at + 1].state is State.IDLE
    assert scenes[at + 1].message == ""
    evidence = [scene.estimate.evidence_s for scene in scenes[at:] if scene.estimate]
    assert evidence[0] <= 1.5
    assert sum("Check its plug" in message for message in caplog.messages) == 1


def test_no_sound_from_the_start(reference: Bundle) -> None:
    display = MemoryDisplay()
    source = Script(NoSound("No microphone was found. Plug one in."), np.zeros(3200))
    Daemon(source, Pipeline(Engine(reference)), [display], 1.0, VISIBLE).run()
    assert states(list(display.scenes)) == [State.IDLE, State.FAULT, State.IDLE]


def test_muting_forgets_the_speaker_and_hears_nothing(
    reference: Bundle, woman_sound: np.ndarray
) -> None:
    display = MemoryDisplay()
    source = Script(
        woman_sound,
        lambda: daemon.mute(True),
        woman_sound,  # what a microphone would not give any more
        NoSound("The microphone 'USB' stopped."),
        lambda: daemon.toggle_mute(),
        np.zeros(8000),
        woman_sound,
    )
    daemon = Daemon(source, Pipeline(Engine(reference)), [display], 10.0, VISIBLE)
    daemon.run()
    scenes = list(display.scenes)
    assert source.mutings == [True, False]
    assert State.FAULT not in states(scenes)
    muted = [i for i, scene in enumerate(scenes) if scene.state is State.MUTED]
    assert len(muted) == 1
    assert scenes[muted[0]].estimate is None
    after = scenes[muted[0] + 1 :]
    assert after[0].state is State.IDLE
    evidence = [scene.estimate.evidence_s for scene in after if scene.estimate]
    assert evidence[0] <= 1.5


def test_muted_before_it_starts(reference: Bundle) -> None:
    order: list[str] = []

    class Watched(Script):
        def __iter__(self) -> Iterator[AudioBlock | NoSound]:
            order.append("listened")
            return super().__iter__()

        def mute(self, muted: bool) -> None:
            order.append("muted" if muted else "unmuted")

    display = MemoryDisplay()
    source = Watched(np.zeros(8000))
    daemon = Daemon(source, Pipeline(Engine(reference)), [display], 1.0, VISIBLE)
    daemon.mute(True)
    daemon.run()
    assert order[0] == "muted"
    assert "unmuted" not in order
    assert display.scenes[-1].state is State.MUTED


class Remote(MemoryDisplay):
    """A sink with a switch."""

    def obey(self, mute: Callable[[bool], None]) -> None:
        self.mute = mute


def test_a_sink_may_ask_for_it(reference: Bundle) -> None:
    remote = Remote()
    source = Script(np.zeros(3200), lambda: remote.mute(True), np.zeros(3200))
    Daemon(source, Pipeline(Engine(reference)), [remote], 1.0, VISIBLE).run()
    assert states(list(remote.scenes)) == [State.IDLE, State.MUTED]


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


def test_what_is_switched_off_reaches_no_sink(woman: Path, reference: Bundle) -> None:
    sound = soundfile.read(woman)[0]
    scenes = run(reference, sound, visible=frozenset({"age"}))
    with_face = [scene for scene in scenes if scene.portrait]
    assert with_face
    for scene in with_face:
        assert scene.estimate is not None
        assert scene.portrait is not None
        assert set(scene.estimate.attributes) == {"age"}
        assert scene.portrait.estimate == scene.estimate
        assert scene.portrait.estimate.craniofacial == {}
