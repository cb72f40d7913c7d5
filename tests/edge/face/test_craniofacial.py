"""Measures of a face whose distances are known, in both schemes of landmarks."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edge.face.craniofacial import MEASURES, NAMES, craniofacial
from edge.face.landmarks import SCHEMES, as_ibug, point_count


def face() -> np.ndarray:
    """`ibug-68` points of a face that is drawn with a ruler, pixels; eyes 80 apart outside."""
    points = np.random.default_rng(0).uniform(0, 200, (68, 2))
    for i in range(17):  # outline: straight down, widest 120 at the second pair, jaw 90, chin
        points[i] = (100 - 55, 80)
    points[0], points[16] = (42, 70), (158, 70)
    points[1], points[15] = (40, 80), (160, 80)
    points[2], points[14] = (43, 90), (157, 90)
    points[4], points[12] = (55, 140), (145, 140)
    points[8] = (100, 180)
    points[36], points[45] = (60, 70), (140, 70)
    points[39], points[42] = (84, 70), (116, 70)
    points[27], points[33] = (100, 70), (100, 120)
    points[31], points[35] = (82, 115), (118, 115)
    points[48], points[54] = (76, 144), (124, 144)
    points[49], points[53] = (82, 139), (118, 139)
    points[51], points[57] = (100, 136), (100, 154)
    points[62], points[66] = (100, 143), (100, 145)
    return points


EXPECTED = {
    "upper_lip_height": 100 * 24 / 80,
    "lateral_upper_lip_heights": 100 * 24 / 80,
    "jaw_width": 100 * 90 / 80,
    "nose_height": 100 * 50 / 80,
    "nose_width": 100 * 36 / 80,
    "labio_oral_region": 100 * 48 / 80,
    "mandibular_index": 100 * 36 / 90,
    "intercanthal_index": 100 * 32 / 80,
    "nasal_index": 100 * 36 / 50,
    "vermilion_height_index": 100 * 8 / 10,
    "mouth_face_width_index": 100 * 48 / 120,
    "nose_area": 100 * (36 * 50 / 2) / 80**2,
}


def as_72(points: np.ndarray) -> np.ndarray:
    """As the face_recognition package lists them, by its own slices."""
    top = [*points[48:55], points[64], points[63], points[62], points[61], points[60]]
    bottom = [
        *points[54:60], points[48], points[60], points[67], points[66], points[65], points[64],
    ]  # fmt: skip
    return np.array([*points[:48], *top, *bottom])


def test_the_measures_are_those_of_the_ruler() -> None:
    assert craniofacial(face(), "ibug-68") == pytest.approx(EXPECTED)
    assert tuple(EXPECTED) == NAMES


def test_both_schemes_give_the_same() -> None:
    measured = craniofacial(as_72(face()), "face-recognition-72")
    assert measured == pytest.approx(EXPECTED)


def test_the_schemes_have_their_numbers_of_points() -> None:
    assert (point_count("ibug-68"), point_count("face-recognition-72")) == (68, 72)
    for scheme, numbers in SCHEMES.items():
        assert set(numbers) == set(range(68)), scheme


def test_points_that_are_there_twice_are_averaged() -> None:
    points = as_72(face())
    points[48] += 2  # the corner of the mouth in the upper lip; the lower lip has it too
    np.testing.assert_allclose(as_ibug(points, "face-recognition-72")[48], face()[48] + 1)


@pytest.mark.parametrize("change", [lambda p: p * 3.5, lambda p: p + 40, lambda p: p[:, ::-1]])
def test_size_place_and_turn_of_the_picture_do_not_matter(change) -> None:
    assert craniofacial(change(face()), "ibug-68") == pytest.approx(EXPECTED)


def test_what_cannot_be_measured_is_left_out() -> None:
    assert craniofacial(np.zeros((68, 2)), "ibug-68") == {}
    closed = face()
    closed[57] = (closed[62] + closed[66]) / 2
    measured = craniofacial(closed, "ibug-68")
    assert set(EXPECTED) - set(measured) == {"vermilion_height_index"}
    json.dumps(measured, allow_nan=False)


def test_every_measure_says_between_which_landmarks() -> None:
    for measure in MEASURES:
        assert "-" in measure.meaning or "area" in measure.meaning
