"""Frames of a face: from parameters, from pictures only, and in both styles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from edge.face.crossfade import Crossfade
from edge.face.likeness import Likeness, presence
from edge.face.nobody import nobody, state_colour
from edge.face.painter import Painter, Portrait
from edge.face.performer import Cue, Performer, Style, paper
from edge.face.presence import FADE_S, Presence
from edge.face.sound import Sound
from edge.inference.bundle import Bundle
from edge.inference.engine import Engine
from edge.state import State
from edge.voice.listener import Heard

LOUD = Sound(0.2, 1000.0)
WOMAN = {"female": 1.0, "male": 0.0, "child": 0.0}
MAN = {"female": 0.0, "male": 1.0, "child": 0.0}


@pytest.fixture(scope="module")
def engine(reference: Bundle) -> Engine:
    return Engine(reference)


@pytest.fixture(scope="module")
def woman(engine: Engine, heard: Callable[..., Heard]) -> Portrait:
    return Painter(engine).paint(heard(gender=WOMAN, age=30))


@pytest.fixture(scope="module")
def man(engine: Engine, heard: Callable[..., Heard]) -> Portrait:
    return Painter(engine).paint(heard(gender=MAN, age=60))


def frames(
    engine: Engine,
    style: Style,
    cues: list[tuple[State, Portrait | None, int, Sound]],
    side: int = 128,
) -> list[np.ndarray | None]:
    performer = Performer(engine, style)
    pictures = [
        performer(Cue(number / 30, state, portrait, person, sound), side)
        for number, (state, portrait, person, sound) in enumerate(cues)
    ]
    return [None if p is None else np.asarray(p, np.float32) for p in pictures]


@pytest.mark.parametrize("style", ["portrait", "cartoon"])
def test_a_talking_face_moves_in_every_frame(engine: Engine, woman: Portrait, style: Style) -> None:
    talk = [
        (State.SPEAKING, woman, 0, LOUD if number // 6 % 2 else Sound()) for number in range(60)
    ]
    pictures = [p for p in frames(engine, style, talk)[15:] if p is not None]
    assert all(p.shape == (128, 128, 3) for p in pictures)
    steps = [np.abs(a - b).mean() for a, b in zip(pictures[1:], pictures[:-1], strict=True)]
    assert min(steps) > 0, "each frame is new"
    assert max(steps) < 6, "and a small step"
    lower = [p[85:118, 40:88] for p in pictures]
    assert np.ptp([p.mean() for p in lower]) > 2, "the mouth opens and closes"


@pytest.mark.parametrize("style", ["portrait", "cartoon"])
def test_another_person_comes_after_nobody(
    engine: Engine, woman: Portrait, man: Portrait, style: Style
) -> None:
    cues = [(State.HOLDING, woman, 0, Sound())] * 30 + [(State.HOLDING, man, 1, Sound())] * 30
    pictures = frames(engine, style, cues)
    gone = [number for number, picture in enumerate(pictures) if picture is None]
    assert gone[0] == 0, "nobody at first"
    assert any(36 <= number <= 42 for number in gone), "nobody between two people"
    alone = frames(engine, style, [(State.HOLDING, man, 1, Sound())] * 60)[-1]
    assert np.abs(pictures[-1] - alone).mean() < 4, "then the other one, whole"


@pytest.mark.parametrize("style", ["portrait", "cartoon"])
def test_a_face_that_is_forgotten_fades_away(engine: Engine, woman: Portrait, style: Style) -> None:
    cues = [(State.HOLDING, woman, 0, Sound())] * 30 + [(State.IDLE, None, 0, Sound())] * 12
    pictures = frames(engine, style, cues)
    assert pictures[32] is not None
    assert pictures[-1] is None
    dark = np.asarray(nobody(State.IDLE, 128), np.float32)
    away = [np.abs(p - dark).mean() for p in pictures[30:] if p is not None]
    assert away == sorted(away, reverse=True)


def test_the_face_sharpens_with_evidence_in_both_styles(engine: Engine, woman: Portrait) -> None:
    early = replace(woman, estimate=replace(woman.estimate, evidence_s=1.0))
    for style in ("portrait", "cartoon"):
        first, last = (
            frames(engine, style, [(State.HOLDING, who, 0, Sound())] * 20)[-1]
            for who in (early, woman)
        )
        assert np.abs(np.diff(first, axis=0)).mean() < 0.8 * np.abs(np.diff(last, axis=0)).mean()
    assert presence(1.0) == 0 < presence(3.0) < presence(6.0) == 1


def test_muted_eyes_are_closed_in_both_styles(engine: Engine, woman: Portrait) -> None:
    for style in ("portrait", "cartoon"):
        cues = [(state, woman, 0, Sound()) for state in [State.IDLE] * 14 + [State.MUTED] * 30]
        pictures = frames(engine, style, cues, side=256)
        awake, asleep = (pictures[number] for number in (12, -1))
        side = len(awake)
        eyes = np.s_[round(0.40 * side) : round(0.60 * side), round(0.25 * side) : -side // 4]
        assert (asleep[eyes].min(axis=2) > 170).sum() < 0.3 * (awake[eyes].min(axis=2) > 170).sum()


def test_the_states_differ_in_the_cartoons_paper_and_in_nobody(
    engine: Engine, woman: Portrait
) -> None:
    corners = set()
    for state in State:
        picture = frames(engine, "cartoon", [(state, woman, 0, Sound())] * 15)[-1]
        corners.add(tuple(picture[0, 0]))
        np.testing.assert_array_equal(picture[0, 0], paper(state))
    assert len(corners) == len(State)
    shown = {nobody(state, 64).tobytes() for state in State}
    assert len(shown) >= 4, "idle and holding, listening and speaking may look alike"
    colour = np.abs(np.asarray(nobody(State.MUTED, 200)) - np.array(state_colour(State.MUTED)))
    assert 0.002 < (colour.max(axis=2) < 12).mean() < 0.05, "closed eyes"


def test_a_decoder_that_gives_pictures_only_is_crossfaded(
    engine: Engine, woman: Portrait, man: Portrait
) -> None:
    plain = [replace(who, values=None, names=()) for who in (woman, man)]
    cues = [(State.SPEAKING, plain[0], 0, LOUD)] * 30 + [(State.SPEAKING, plain[1], 0, LOUD)] * 30
    pictures = frames(engine, "portrait", cues)
    ends = [np.asarray(who.image, np.float32) for who in plain]
    np.testing.assert_array_equal(pictures[29], ends[0])
    np.testing.assert_array_equal(pictures[-1], ends[1])
    steps = [np.abs(a - b).mean() for a, b in zip(pictures[31:], pictures[30:-1], strict=True)]
    assert max(steps) < 0.15 * np.abs(ends[0] - ends[1]).mean(), "calmly"


def test_a_decoder_that_gives_pictures_only_has_a_cartoon_that_talks(
    engine: Engine, woman: Portrait
) -> None:
    plain = replace(woman, values=None, names=())
    quiet, loud = (
        frames(engine, "cartoon", [(State.SPEAKING, plain, 0, sound)] * 20)[-1]
        for sound in (Sound(), LOUD)
    )
    assert np.abs(quiet - loud)[85:].max() > 60


def test_presence_never_goes_back_to_someone_who_left(woman: Portrait, man: Portrait) -> None:
    who = Presence()
    for number in range(20):
        who(woman, 0, number / 30)
    shares = [who(man, 1, 19 / 30 + t) for t in np.arange(0, 3 * FADE_S, 0.02)]
    persons = [shown.person for shown in shares]
    assert persons == sorted(persons)
    assert shares[-1].share == 1
    assert min(shown.share for shown in shares) == 0
    assert who(None, 1, 100.0) is None, "a long pause is long enough to go"


def test_a_crossfade_that_is_interrupted_goes_on_from_where_it_was() -> None:
    red, blue, green = (Image.new("RGB", (4, 4), c) for c in ("#ff0000", "#0000ff", "#00ff00"))
    fade = Crossfade()
    assert fade(red, 0, 0.0).getpixel((0, 0)) == (255, 0, 0)
    fade(blue, 0, 1.0)
    half = fade(blue, 0, 1.3).getpixel((0, 0))
    assert half == pytest.approx((128, 0, 127), abs=2)
    assert fade(green, 0, 1.3).getpixel((0, 0)) == half
    assert fade(green, 0, 2.0).getpixel((0, 0)) == (0, 255, 0)
    assert fade(red, 1, 2.1).getpixel((0, 0)) == (255, 0, 0), "another person is not blended"
    assert fade(Image.new("RGB", (8, 8)), 1, 2.2).size == (8, 8)


def test_a_likeness_is_traced_once(woman: Portrait) -> None:
    plain, likeness = replace(woman, values=None), Likeness()
    assert likeness(plain) is likeness(plain)
