"""When a screen is dim, off, or shifted."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from edge.display import care, picture
from edge.display.care import Look, Moment, Watch, look
from edge.display.picture import Pictures
from edge.errors import UsageError
from edge.face.compose import compose
from edge.scene import Scene
from edge.settings import DisplaySettings, parse
from edge.state import State

IDLE = Scene(State.IDLE)
NOON = 12 * 60


def brightness(settings: DisplaySettings, minute: int) -> float:
    return look(IDLE, Moment(minute, 0.0, 0.0), settings).brightness


def test_by_default_the_screen_stays_bright() -> None:
    settings = DisplaySettings()
    assert {brightness(settings, minute) for minute in range(1440)} == {1.0}
    assert look(IDLE, Moment(NOON, 0.0, 1e6), settings).brightness == 1.0


@pytest.mark.parametrize(
    ("start", "end", "bright"),
    [
        ("07:30", "22:00", range(450, 1320)),
        ("22:00", "06:00", [*range(1320, 1440), *range(360)]),
        ("00:00", "23:59", range(1439)),
        ("08:00", "08:00", range(1440)),
    ],
)
def test_the_schedule(start: str, end: str, bright: object) -> None:
    settings = DisplaySettings(bright_from=start, bright_to=end, dim=0.25)
    told = [brightness(settings, minute) for minute in range(1440)]
    assert told == [1.0 if minute in bright else 0.25 for minute in range(1440)]  # type: ignore[operator]


def test_half_a_schedule_is_refused() -> None:
    with pytest.raises(UsageError, match="bright_from and bright_to belong together"):
        parse({"display": {"bright_from": "07:00"}})


def test_off_after_silence_until_speech_and_never_over_a_fault() -> None:
    settings = DisplaySettings(off_after_min=2, dim=0.3)
    before, after = Moment(NOON, 0.0, 119.9), Moment(NOON, 0.0, 120.0)
    for state in State:
        assert look(Scene(state), before, settings).brightness == 1.0
    told = {state: look(Scene(state), after, settings).brightness for state in State}
    assert told.pop(State.FAULT) == 0.3
    assert told.pop(State.LISTENING) == told.pop(State.SPEAKING) == 1.0
    assert set(told.values()) == {0.0}


def test_the_picture_moves_a_few_pixels_each_minute() -> None:
    settings = DisplaySettings(shift_px=3)
    places = [look(IDLE, Moment(NOON, 60.0 * n, 0.0), settings).offset for n in range(18)]
    assert places[0] == (0, 0), "at first it is where it belongs"
    assert places[:9] == places[9:]
    assert set(places) == {(x, y) for x in (-3, 0, 3) for y in (-3, 0, 3)}
    assert look(IDLE, Moment(NOON, 59.9, 0.0), settings).offset == (0, 0)
    still = DisplaySettings(shift_px=0)
    assert look(IDLE, Moment(NOON, 60.0, 0.0), still).offset == (0, 0)


def test_the_watch_counts_from_the_last_speech(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(care.time, "monotonic", lambda: now[0])
    watch = Watch()
    now[0] = 130.0
    assert watch.moment(IDLE).quiet_s == 30.0
    assert watch.moment(Scene(State.SPEAKING)).quiet_s == 0.0
    now[0] = 135.0
    assert watch.moment(IDLE).quiet_s == 5.0
    assert watch.moment(IDLE).running_s == 35.0


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_rotation_is_clockwise_and_exact(face: Image.Image, rotate: int) -> None:
    scene = Scene(State.SPEAKING, face=face)
    turned = Pictures(DisplaySettings(rotate=rotate)).changed(scene, (320, 240))  # type: ignore[arg-type]
    assert turned is not None
    assert turned.size == (320, 240)
    upright = compose(scene, (320, 240) if rotate in (0, 180) else (240, 320))
    expected = np.rot90(np.asarray(upright), -rotate // 90)
    assert np.array_equal(np.asarray(turned), expected)


def test_dim_shifted_and_black_pictures(face: Image.Image, monkeypatch: pytest.MonkeyPatch) -> None:
    scene, size = Scene(State.SPEAKING, face=face), (320, 240)
    bright = np.asarray(compose(scene, size)).astype(int)

    def drawn(now: Look) -> np.ndarray:
        monkeypatch.setattr(picture, "look", lambda *_: now)
        made = Pictures().changed(scene, size)
        assert made is not None
        return np.asarray(made).astype(int)

    assert np.abs(drawn(Look(0.3, (0, 0))) - 0.3 * bright).max() <= 0.5
    shifted = drawn(Look(1.0, (2, -1)))
    assert np.array_equal(shifted[:-1, 2:], bright[1:, :-2])
    assert drawn(Look(0.0, (1, 1))).max() == 0


def test_what_looks_the_same_is_not_drawn_again(
    face: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [Look(1.0, (0, 0))]
    monkeypatch.setattr(picture, "look", lambda *_: now[0])
    pictures, scene, size = Pictures(), Scene(State.SPEAKING, face=face), (320, 240)
    assert pictures.changed(scene, size) is not None
    assert pictures.changed(scene, size) is None
    assert pictures.changed(scene, (240, 320)) is not None
    now[0] = Look(0.5, (0, 0))
    assert pictures.changed(scene, (240, 320)) is not None
    pictures.forget()
    assert pictures.changed(scene, (240, 320)) is not None
    for dark in (Look(0.0, (0, 0)), Look(0.0, (2, 2))):
        now[0] = dark
        drawn = [pictures.changed(Scene(State.IDLE), (240, 320)) for _ in range(3)]
        assert [each is not None for each in drawn] == [dark.offset == (0, 0), False, False]
    now[0] = Look(1.0, (0, 0))
    assert pictures.changed(Scene(State.IDLE), (240, 320)) is not None
