"""The drawn face: people differ, it moves, and SVG and pixels are one picture."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from edge.face.cartoon import PAPER, Cartoon
from edge.face.drawing.shape import Move, Shape, ellipse, flattened, joined, smooth, straight
from edge.face.expression import Expression
from edge.face.looks import HAIRDOS, Looks, looks
from edge.face.proportions import proportions
from edge.inference.bundle import Bundle
from edge.scene import CAPTION

SVG = "{http://www.w3.org/2000/svg}"


def pixels(cartoon: Cartoon, side: int = 200) -> np.ndarray:
    return np.asarray(cartoon.picture(side), np.float32)


def region(cartoon: Cartoon, top: float, bottom: float, side: int = 200) -> np.ndarray:
    """The middle of the picture between two heights, 0…1."""
    picture = pixels(cartoon, side)
    return picture[round(top * side) : round(bottom * side), side // 4 : 3 * side // 4]


WOMAN, MAN = Looks(feminine=1.0, hairdo="bob"), Looks(feminine=0.0, hairdo="crop")


@pytest.mark.parametrize("hairdo", HAIRDOS)
@pytest.mark.parametrize("years", [3.0, 9.0, 20.0, 45.0, 95.0])
@pytest.mark.parametrize("feminine", [0.0, 0.5, 1.0])
def test_everybody_can_be_drawn_and_stays_on_the_paper(
    hairdo: str, years: float, feminine: float
) -> None:
    cartoon = Cartoon(Looks(feminine, years, hairdo))
    for shape in cartoon.shapes():
        assert np.isfinite(shape.path).all()
        assert len(shape.path) % 3 == 1
    picture = pixels(cartoon, 96)
    corners = picture[[0, 0], [0, -1]]
    np.testing.assert_array_equal(corners, [PAPER, PAPER])
    assert (picture[0] == PAPER).mean() > 0.8, "the hair is not cut off"
    assert 0.3 < (picture != PAPER).any(axis=2).mean() < 0.85


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (WOMAN, replace(MAN, hairdo="bob")),
        (WOMAN, replace(WOMAN, years=8)),
        (MAN, replace(MAN, years=8)),
        (MAN, replace(MAN, years=75)),
        *((MAN, replace(MAN, hairdo=hairdo)) for hairdo in HAIRDOS[1:]),
        (MAN, replace(MAN, skin=(141, 92, 62))),
        (MAN, replace(MAN, eye_spacing=1.0)),
        (MAN, replace(MAN, nose_width=1.0)),
        (MAN, replace(MAN, mouth_width=-1.0)),
        (MAN, replace(MAN, jaw_width=1.0)),
        (MAN, replace(MAN, brow_position=1.0)),
    ],
)
def test_people_differ(one: Looks, other: Looks) -> None:
    changed = np.abs(pixels(Cartoon(one)) - pixels(Cartoon(other))).max(axis=2) > 15
    assert changed.mean() > 0.0006


def test_children_have_large_low_eyes_and_men_broad_jaws() -> None:
    child, woman, man = (proportions(each) for each in (replace(WOMAN, years=7), WOMAN, MAN))
    assert child.eye > woman.eye
    assert child.eye_height > 1.1 * woman.eye_height
    assert man.jaw > woman.jaw
    assert man.neck > 1.2 * woman.neck
    assert man.shoulder_width > woman.shoulder_width


def test_the_mouth_opens_and_the_eyes_close() -> None:
    rest = Cartoon(WOMAN)
    shout = replace(rest, expression=Expression(jaw_open=1.0))
    asleep = replace(rest, expression=Expression(blink=1.0))

    def inside(cartoon: Cartoon) -> float:
        """Share of the picture that is the mouth's inside."""
        return float((np.abs(pixels(cartoon) - (104, 34, 40)).max(axis=2) < 12).mean())

    def white(cartoon: Cartoon) -> float:
        return float((region(cartoon, 0.3, 0.6) > 245).all(axis=2).mean())

    assert inside(rest) < 0.001 < 0.002 < inside(shout)
    assert white(rest) > 0.002
    assert white(asleep) < 0.1 * white(rest)


def test_looking_aside_moves_the_eyes_only() -> None:
    ahead = pixels(Cartoon(WOMAN))
    aside = pixels(Cartoon(WOMAN, Expression(gaze=(0.9, 0.0))))
    rows = np.flatnonzero((np.abs(ahead - aside) > 20).any(axis=(1, 2)))
    assert 0.2 * 200 < rows.min() < rows.max() < 0.6 * 200


def test_a_tilted_head_leaves_the_shoulders_where_they_are() -> None:
    straight_up = pixels(Cartoon(MAN))
    tilted = pixels(Cartoon(MAN, Expression(tilt=5.0, shift=(0.02, 0.0))))
    assert np.abs(straight_up - tilted)[:120].mean() > 3
    np.testing.assert_array_equal(straight_up[-6:], tilted[-6:])


def test_a_face_of_which_little_is_known_is_pale() -> None:
    known, faint = pixels(Cartoon(MAN)), pixels(Cartoon(MAN, presence=0.0))
    assert faint.std() < 0.6 * known.std()
    assert faint.std() > 5, "yet there"


@pytest.mark.parametrize("side", [1, 16, 64, 240, 480, 1080])
def test_any_size(side: int) -> None:
    picture = Cartoon(WOMAN).picture(side)
    assert picture.size == (side, side)
    assert picture.mode == "RGB"


def test_sizes_show_the_same_face() -> None:
    small = pixels(Cartoon(WOMAN), 120)
    large = np.asarray(Cartoon(WOMAN).picture(960).resize((120, 120), 4), np.float32)  # 4: box
    assert np.abs(small - large).mean() < 4


@pytest.mark.parametrize("who", [WOMAN, MAN, replace(WOMAN, years=80, hairdo="afro")])
def test_the_svg_is_small_whole_and_says_what_it_is(who: Looks) -> None:
    text = Cartoon(who, Expression(jaw_open=0.5, smile=0.3)).svg()
    assert len(text.encode()) < 16_000
    root = ElementTree.fromstring(text)
    assert root.find(f"{SVG}title").text == CAPTION
    assert root.get("viewBox") == "0 0 100 100"
    assert not re.search(r"nan|inf|\de[-+]", text)


def test_svg_and_pixels_are_one_picture() -> None:
    """The SVG's paths, read back and filled, give the pixels of the picture."""
    from PIL import Image, ImageDraw

    cartoon = Cartoon(MAN, Expression(jaw_open=0.6))
    root, side = ElementTree.fromstring(cartoon.svg()), 400
    drawn = Image.new("RGB", (side, side), PAPER)
    for path in root.findall(f"{SVG}path"):
        points = flattened(parsed(path.get("d"))) * side / 100 - 0.5
        if path.get("fill") != "none":
            ImageDraw.Draw(drawn).polygon(points.ravel().tolist(), path.get("fill"))
    picture = np.asarray(cartoon.picture(side), np.float32)
    apart = np.abs(np.asarray(drawn, np.float32) - picture).max(axis=2) > 60
    assert apart.mean() < 0.03, "lines and soft edges only"


def parsed(data: str) -> np.ndarray:
    """Path data with M, l, c and Z as control points."""
    points: list[np.ndarray] = []
    for letter, text in re.findall(r"([Mlc])([^MlcZ]*)", data):
        numbers = np.array(re.findall(r"-?\d+(?:\.\d+)?", text), float).reshape(-1, 2)
        if letter == "M":
            points.append(numbers[0])
        elif letter == "l":
            points += [points[-1], points[-1] + numbers[0], points[-1] + numbers[0]]
        else:
            points += list(points[-1] + numbers)
    return np.array(points)


def test_parameters_become_looks(reference: Bundle) -> None:
    names = [p.name for p in reference.manifest.face.parameters]
    defaults = {p.name: p.default for p in reference.manifest.face.parameters}
    usual = looks(defaults)
    assert usual.hairdo == "fringe"
    assert usual.years == pytest.approx(25)
    old = looks({**defaults, "age": 1.0, "hair_grey": 1.0, "gender": 0.0, "hair_fringe": 0.0,
                 "hair_long": 1.0})  # fmt: skip
    assert (old.years, old.hairdo, old.feminine) == (90, "long", 1.0)
    assert min(old.hair) > 180, "grey"
    dark = looks({**defaults, "african": 1.0, "asian": 0.0, "caucasian": 0.0})
    light = looks({**defaults, "african": 0.0, "asian": 0.0, "caucasian": 1.0})
    assert sum(dark.skin) < sum(usual.skin) < sum(light.skin)
    assert sum(looks({**defaults, "melanin": 1.0}).skin) < sum(usual.skin)
    assert looks({}) == replace(usual, years=looks({}).years, hairdo=looks({}).hairdo)
    assert {"jaw_open", "blink"} <= set(names)


def test_paths() -> None:
    through = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)]
    closed, opened = smooth(through), smooth(through, closed=False)
    np.testing.assert_allclose(closed[::3], [*through, through[0]])
    np.testing.assert_allclose(opened[::3], through)
    np.testing.assert_allclose(flattened(straight(through))[-1], through[-1])
    assert len(joined(opened, opened)) % 3 == 1
    circle = flattened(ellipse(50, 50, 10, 10)) - 50
    np.testing.assert_allclose(np.hypot(*circle.T), 10, atol=0.01)
    turned = Shape(opened, (0, 0, 0), 1.0).moved(Move((0, 0), 2.0, 90.0, (1.0, 0.0)))
    np.testing.assert_allclose(turned.path[-1], (-19.0, 20.0), atol=1e-9)
    assert turned.line == 2.0
