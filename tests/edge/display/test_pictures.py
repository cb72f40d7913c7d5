"""Pictures in every language: all words are there, and in letters that can be read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageChops

from edge.display.wording import PLAIN, Wording, wording
from edge.face.compose import compose
from edge.scene import Scene
from edge.settings import DisplaySettings
from edge.state import State
from edge.voice.estimate import Estimate

SIZES = [(320, 240), (240, 240), (240, 320), (320, 480), (800, 480), (720, 1280), (1920, 1080)]


def inked(one: Image.Image, other: Image.Image) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of where two pictures differ."""
    box = ImageChops.difference(one, other).convert("L").point(lambda x: 255 * (x > 40)).getbbox()
    assert box is not None
    return box


@pytest.fixture(params=["en", "de", "es", "zh"])
def spoken(request: pytest.FixtureRequest) -> Wording:
    return wording(DisplaySettings(language=request.param))


@pytest.mark.parametrize("size", SIZES)
def test_the_caption_is_whole(
    spoken: Wording, size: tuple[int, int], estimate: Estimate, face: Image.Image
) -> None:
    """Its last sign is drawn: without it, the picture is another."""
    scene = Scene(State.SPEAKING, estimate, face)
    whole = spoken.vocabulary.caption
    for cut in (whole[:-2] + "  ", "  " + whole[2:]):
        changed = replace(spoken, vocabulary=replace(spoken.vocabulary, caption=cut))
        left, _, right, bottom = inked(compose(scene, size, spoken), compose(scene, size, changed))
        assert 0 <= left < right <= size[0]
        assert bottom < size[1]


def test_each_language_is_another_picture_of_the_same_face(
    spoken: Wording, estimate: Estimate, face: Image.Image
) -> None:
    scene = Scene(State.SPEAKING, estimate, face)
    here, english = (np.asarray(compose(scene, (800, 480), each)) for each in (spoken, PLAIN))
    assert np.array_equal(here[20:380, 20:380], english[20:380, 20:380])
    assert np.array_equal(here, english) == (spoken.vocabulary.code == "en")


def test_passers_by_are_told_before_there_is_a_face(
    spoken: Wording, estimate: Estimate, face: Image.Image
) -> None:
    kiosk = replace(spoken, kiosk=True)
    idle, seen = Scene(State.IDLE), Scene(State.SPEAKING, estimate, face)
    for size in SIZES:
        _, top, _, bottom = inked(compose(idle, size, kiosk), compose(idle, size, spoken))
        assert bottom - top >= 11
    assert compose(seen, (800, 480), kiosk).tobytes() == compose(seen, (800, 480), spoken).tobytes()


def test_chinese_rows_break_between_signs_and_begin_with_none_that_closes() -> None:
    from edge.face.lettering import _broken

    spoken = wording(DisplaySettings(language="zh"))
    text = spoken.vocabulary.kiosk
    for width in range(40, 400, 7):
        rows = _broken(text, 20, width, spoken.letters)
        assert "".join(rows) == text
        assert not any(row[0] in "，。" for row in rows)
        assert all(spoken.letters.font(20).getlength(row) <= max(width, 60) for row in rows)
