"""The reference face: different people look different, and it sharpens."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from edge.face.painter import BLUR, Painter, blur_radius
from edge.face.picture import SIDE, captioned
from edge.inference.bundle import Bundle
from edge.inference.engine import Engine
from edge.voice.listener import Heard

Pixels = Callable[..., np.ndarray]

WOMAN = {"female": 1.0, "male": 0.0, "child": 0.0}
MAN = {"female": 0.0, "male": 1.0, "child": 0.0}


@pytest.fixture(scope="module")
def painter(reference: Bundle) -> Painter:
    return Painter(Engine(reference))


@pytest.fixture(scope="module")
def pixels(painter: Painter, heard: Callable[..., Heard]) -> Callable[..., np.ndarray]:
    """The face of somebody, as numbers."""
    return lambda **who: np.asarray(painter.paint(heard(**who)).image, np.float32)


def test_a_face_is_a_square_picture_with_contrast(pixels: Pixels, reference: Bundle) -> None:
    face = pixels(gender=WOMAN, age=30)
    size = reference.manifest.face.size
    assert face.shape == (size, size, 3)
    assert face.std() > 20


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"gender": WOMAN, "age": 30}, {"gender": MAN, "age": 30}),
        ({"gender": WOMAN, "age": 25}, {"gender": WOMAN, "age": 75}),
        ({"gender": MAN, "age": 10}, {"gender": MAN, "age": 40}),
    ],
)
def test_different_people_look_different(
    pixels: Pixels, one: dict[str, object], other: dict[str, object]
) -> None:
    assert np.abs(pixels(**one) - pixels(**other)).mean() > 5


def test_the_face_sharpens_with_evidence(pixels: Pixels) -> None:
    def sharpness(evidence_s: float) -> float:
        face = pixels(gender=WOMAN, age=30, evidence_s=evidence_s)
        return float(np.abs(np.diff(face, axis=0)).mean())

    assert sharpness(1.0) < sharpness(3.0) < sharpness(6.0)
    assert blur_radius(0.5) == blur_radius(1.0) == BLUR
    assert blur_radius(6.0) == blur_radius(60.0) == 0.0


def test_the_measures_come_with_the_face(painter: Painter, heard) -> None:
    assert "nasal_index" in painter.paint(heard(gender=MAN, age=40)).estimate.craniofacial


def test_the_caption_is_on_the_picture(painter: Painter, heard) -> None:
    face = painter.paint(heard(gender=MAN, age=40)).image
    picture = captioned(face)
    assert picture.width == SIDE
    assert picture.height > SIDE
    strip = np.asarray(picture.convert("L"), np.float32)[SIDE:]
    assert (strip < 120).sum() > 300  # ink
