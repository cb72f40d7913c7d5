"""Looks from a picture and its landmarks, for decoders without parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from edge.face.landmarks import SCHEMES
from edge.face.looks import Looks
from edge.face.painter import Portrait
from edge.face.traced import traced
from edge.inference.manifest import LandmarkScheme
from edge.voice.listener import Heard

SKIN, HAIR, PAPER, SHIRT = (214, 168, 140), (60, 40, 30), (190, 200, 215), (40, 120, 60)


def face_points() -> np.ndarray:
    """A frontal face in `ibug-68`, 128 pixels wide; biocular width 48."""
    points = np.zeros((68, 2))
    angle = np.linspace(np.pi, 0, 17)
    points[:17] = np.stack([64 - 36 * np.cos(np.pi - angle), 58 + 53 * np.sin(angle)], 1)
    points[:17, 0] = 64 + 36 * np.cos(angle)
    for first, left in ((17, 38.0), (22, 72.0)):
        points[first : first + 5] = np.stack([np.linspace(left, left + 18, 5), np.full(5, 46.0)], 1)
    points[27:31] = np.stack([np.full(4, 64.0), np.linspace(58, 80, 4)], 1)
    points[31:36] = np.stack([np.linspace(56, 72, 5), [84, 85, 86, 85, 84]], 1)
    for first, left in ((36, 40.0), (42, 74.0)):
        x = np.array([0, 4.6, 9.3, 14, 9.3, 4.6])
        points[first : first + 6] = np.stack([left + x, 58 + np.array([0, -2, -2, 0, 2, 2])], 1)
    outer = np.array([(48, 96), (53, 93), (60, 91.5), (64, 92), (68, 91.5), (75, 93), (80, 96),
                      (75, 100), (68, 102), (64, 102), (60, 102), (53, 100)])  # fmt: skip
    inner = np.array([(50, 96), (60, 95.5), (64, 96), (68, 95.5), (78, 96), (68, 96.5), (64, 96.5),
                      (60, 96.5)])  # fmt: skip
    points[48:60], points[60:68] = outer, inner
    return points


def painted(points: np.ndarray, long: bool = False, fringe: bool = False) -> Image.Image:
    picture = Image.new("RGB", (128, 128), PAPER)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((20, 116, 108, 128), SHIRT)
    if long:
        draw.rectangle((14, 20, 114, 128), HAIR)
    draw.ellipse((24, 4, 104, 90), HAIR)
    draw.polygon([*map(tuple, points[:17]), (100, 44), (64, 30), (28, 44)], SKIN)
    if fringe:
        draw.rectangle((28, 10, 100, 42), HAIR)
    return picture


@pytest.fixture
def portrait(heard: Callable[..., Heard]) -> Callable[..., Portrait]:
    def make(
        points: np.ndarray, scheme: LandmarkScheme = "ibug-68", picture: Image.Image | None = None
    ) -> Portrait:
        estimate = heard(gender={"female": 0.6, "male": 0.2, "child": 0.2}, age=61).estimate
        numbers = list(SCHEMES[scheme])
        marks = points[numbers].astype(np.float32)
        return Portrait(estimate, picture or painted(points), marks, scheme=scheme)

    return make


def test_colours_and_the_estimate_are_taken_over(portrait) -> None:
    who = traced(portrait(face_points()))
    assert np.abs(np.subtract(who.skin, SKIN)).max() < 25
    assert np.abs(np.subtract(who.hair, HAIR)).max() < 12
    assert who.years == 61
    assert who.feminine == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("long", "fringe", "hairdo"),
    [(False, False, "crop"), (True, False, "long"), (False, True, "fringe")],
)
def test_the_hairdo_is_seen(portrait, long: bool, fringe: bool, hairdo: str) -> None:
    points = face_points()
    assert traced(portrait(points, picture=painted(points, long, fringe))).hairdo == hairdo


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("mouth_width", lambda p: stretched(p, slice(48, 68), 1.15, 0)),
        ("nose_width", lambda p: stretched(p, slice(31, 36), 1.3, 0)),
        ("eye_size", lambda p: stretched(stretched(p, slice(36, 42), 2, 1), slice(42, 48), 2, 1)),
        ("jaw_width", lambda p: stretched(p, slice(3, 14), 1.08, 0)),
        ("chin_height", lambda p: moved(p, [8], (0, 5))),
        ("brow_position", lambda p: moved(p, range(17, 27), (0, -4))),
        ("eye_slant", lambda p: moved(p, [36, 45], (0, -2))),
        ("lower_lip", lambda p: moved(p, [56, 57, 58], (0, 3))),
        ("upper_lip", lambda p: moved(p, [50, 51, 52], (0, -2))),
        ("nose_length", lambda p: moved(p, range(31, 36), (0, 3))),
    ],
)
def test_what_is_larger_in_the_landmarks_is_larger_in_the_drawing(
    portrait, name: str, change: Callable[[np.ndarray], np.ndarray]
) -> None:
    usual, changed = (traced(portrait(p)) for p in (face_points(), change(face_points())))
    assert getattr(changed, name) > getattr(usual, name) + 0.2


def stretched(points: np.ndarray, part: slice, by: float, axis: int) -> np.ndarray:
    middle = points[part, axis].mean()
    points[part, axis] = middle + by * (points[part, axis] - middle)
    return points


def moved(points: np.ndarray, which, by: tuple[float, float]) -> np.ndarray:
    points[list(which)] += by
    return points


def test_both_schemes_give_the_same_looks(portrait) -> None:
    one, other = (traced(portrait(face_points(), s)) for s in ("ibug-68", "face-recognition-72"))
    for name in vars(one):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-5)


def test_size_and_place_of_the_face_do_not_matter(portrait) -> None:
    points = face_points()
    small, large = (
        portrait(points),
        portrait(2 * points, picture=painted(points).resize((256, 256))),
    )
    for name in ("head_width", "nose_length", "mouth_width", "eye_slant"):
        assert getattr(traced(large), name) == pytest.approx(getattr(traced(small), name), abs=1e-5)


def test_without_landmarks_only_the_colours_are_seen(portrait) -> None:
    who = traced(replace(portrait(face_points()), landmarks=None, scheme=None))
    assert who.mouth_width == Looks().mouth_width
    assert np.abs(np.subtract(who.skin, SKIN)).max() < 25


def test_landmarks_that_coincide_do_not_break_it(portrait) -> None:
    who = traced(portrait(np.full((68, 2), 64.0), picture=painted(face_points())))
    assert -1 <= who.mouth_width <= 1
