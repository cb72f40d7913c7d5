"""A face moves between the scenes that the daemon shows."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import numpy as np
import pytest

from edge.display.memory import MemoryDisplay
from edge.display.moving import MovingDisplay
from edge.errors import DeviceError
from edge.face.painter import Painter, Portrait
from edge.face.performer import Performer
from edge.face.sound import SILENCE, Sound, measure
from edge.inference.bundle import Bundle
from edge.inference.engine import Engine
from edge.scene import Scene
from edge.state import State
from edge.voice.listener import Listener

LOUD = Sound(level=0.2, centroid_hz=900.0)


@pytest.fixture(scope="module")
def portrait(reference: Bundle, woman_sound: np.ndarray) -> Portrait:
    engine = Engine(reference)
    heard = Listener(engine).push(woman_sound)
    assert heard is not None
    return Painter(engine).paint(heard)


@pytest.fixture
def inner() -> MemoryDisplay:
    return MemoryDisplay()


@pytest.fixture
def moving(reference: Bundle, inner: MemoryDisplay) -> Iterator[MovingDisplay]:
    made = MovingDisplay(inner, Performer(Engine(reference)))
    yield made
    made.close()


def frames(inner: MemoryDisplay, seconds: float) -> list[Scene]:
    before = len(inner.scenes)
    time.sleep(seconds)
    return list(inner.scenes)[before:]


def scene(state: State, portrait: Portrait | None, sound: Sound = SILENCE) -> Scene:
    face = portrait.image if portrait else None
    estimate = portrait.estimate if portrait else None
    return Scene(state, estimate, face, portrait=portrait, person=1, sound=sound)


def test_while_somebody_speaks_the_face_moves(
    moving: MovingDisplay, inner: MemoryDisplay, portrait: Portrait
) -> None:
    moving.show(scene(State.SPEAKING, portrait, LOUD))
    frames(inner, 0.8)  # the face fades in, the mouth opens
    found = frames(inner, 1.0)
    assert len(found) > 10  # 30 on a machine that has nothing else to do
    pictures = [np.asarray(each.face, np.float32) for each in found if each.face]
    changes = [np.abs(b - a).mean() for a, b in itertools.pairwise(pictures)]
    assert np.count_nonzero(changes) > len(changes) / 2
    assert all(each.state is State.SPEAKING for each in found)


def test_what_may_not_be_shown_does_not_reach_the_display(
    moving: MovingDisplay, inner: MemoryDisplay, portrait: Portrait
) -> None:
    moving.show(scene(State.SPEAKING, portrait))
    found = frames(inner, 0.5)
    assert found
    assert all(each.portrait is None for each in found)


def test_without_a_face_nothing_is_drawn_again(moving: MovingDisplay, inner: MemoryDisplay) -> None:
    moving.show(scene(State.IDLE, None))
    frames(inner, 0.3)
    assert len(inner.scenes) == 1
    assert frames(inner, 0.5) == []


def test_a_face_that_is_taken_away_goes_and_then_all_is_still(
    moving: MovingDisplay, inner: MemoryDisplay, portrait: Portrait
) -> None:
    moving.show(scene(State.HOLDING, portrait))
    frames(inner, 0.8)
    assert inner.scenes[-1].face is not None
    moving.show(scene(State.IDLE, None))
    frames(inner, 1.8)
    assert inner.scenes[-1].face is None
    assert frames(inner, 0.5) == []


def test_a_face_that_does_not_move_goes_too(
    reference: Bundle, inner: MemoryDisplay, portrait: Portrait
) -> None:
    """As with decoders that have no expression: nobody's face may stay when it was taken away."""
    performer = Performer(Engine(reference))
    performer.moves = False
    made = MovingDisplay(inner, performer)
    try:
        made.show(scene(State.SPEAKING, portrait))
        frames(inner, 1.5)
        assert inner.scenes[-1].face is not None
        assert frames(inner, 0.5) == []
        made.show(scene(State.SPEAKING, portrait))
        time.sleep(0.1)
        made.show(scene(State.MUTED, None))
        frames(inner, 1.8)
        assert inner.scenes[-1].face is None
    finally:
        made.close()


def test_what_the_display_says_reaches_the_daemon(reference: Bundle, portrait: Portrait) -> None:
    class Gone(MemoryDisplay):
        def show(self, scene: Scene) -> None:
            raise DeviceError("The screen is gone.")

    made = MovingDisplay(Gone(), Performer(Engine(reference)))
    try:
        made.show(scene(State.SPEAKING, portrait))
        time.sleep(0.5)
        with pytest.raises(DeviceError, match="screen is gone"):
            made.show(scene(State.SPEAKING, portrait))
    finally:
        made.close()


def test_the_sound_of_a_block(woman_sound: np.ndarray) -> None:
    assert measure(np.zeros(1600, np.float32)).level == 0
    assert measure(woman_sound[32_000:33_600]).level > 0
