from __future__ import annotations

import numpy as np
import pytest

from convert.reference.face.hair import STYLES
from convert.reference.face.head import Head
from convert.reference.face.materials import materials
from convert.reference.face.parameters import (
    HAIR,
    HAIR_STYLES,
    INDEX,
    NAMES,
    as_dict,
    default_vector,
)
from convert.reference.face.renderer import Renderer, background
from convert.reference.face.surface import shells

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


@pytest.fixture(scope="module")
def renderer(tiny_head: Head) -> Renderer:
    return Renderer(tiny_head, size=64)


def with_hair(style: str, **values: float) -> np.ndarray:
    vector = default_vector()
    vector[HAIR] = 0.0
    vector[INDEX[f"hair_{style}"]] = 1.0
    for name, value in values.items():
        vector[INDEX[name]] = value
    return vector


def test_a_head_stands_before_the_wall(renderer: Renderer) -> None:
    picture = renderer.render(default_vector())
    assert picture.shape == (64, 64, 3)
    assert picture.dtype == np.uint8
    wall = np.clip(background(64) * 255 + 0.5, 0, 255).astype(np.uint8)
    assert np.abs(picture[:4, :4].astype(int) - wall[:4, :4]).max() <= 1
    red, _, blue = picture[38, 32].astype(int)
    assert red > blue + 10  # skin in the middle


def test_skin_hair_and_mix_of_hair_show(renderer: Renderer) -> None:
    light = renderer.render(with_hair("tied", melanin=-1.0, hair_grey=1.0)).astype(int)
    dark = renderer.render(with_hair("tied", melanin=1.0, hair_lightness=0.0)).astype(int)
    assert light[38, 32].mean() > dark[38, 32].mean() + 15
    assert light[12, 32].mean() > dark[12, 32].mean() + 40
    mixed = with_hair("tied", hair_grey=1.0)
    mixed[HAIR] = 0.0
    mixed[INDEX["hair_tied"]] = mixed[INDEX["hair_afro"]] = 0.5
    tied, afro = (renderer.render(with_hair(s, hair_grey=1.0)) for s in ("tied", "afro"))
    mean = (tied.astype(int) + afro) / 2
    assert np.abs(renderer.render(mixed) - mean).max() <= 2


def test_every_parameter_vector_gives_the_same_picture_twice(renderer: Renderer) -> None:
    face = with_hair("long", gender=0.8)
    assert np.array_equal(renderer.render(face), renderer.render(face))


def test_measures_are_finite(renderer: Renderer) -> None:
    assert renderer.vertices(as_dict(default_vector())).dtype == np.float32


def test_every_style_of_hair_is_known() -> None:
    assert tuple(STYLES) == HAIR_STYLES


def test_loose_wisps_of_hair_are_left_out() -> None:
    strip = np.array([[i, i + 1, i + 2] for i in range(60)], np.int32)
    wisp = np.array([[100, 101, 102]], np.int32)
    kept = shells(np.concatenate([strip, wisp]))
    assert kept[:60].all()
    assert not kept[60]


def test_skin_keeps_its_hue_with_age() -> None:
    face = dict(zip(NAMES, map(float, default_vector()), strict=True))
    young, old = (materials(face | {"age": age}).skin for age in (0.5, 1.0))
    assert (old.max() - old.min()) / old.max() < (young.max() - young.min()) / young.max()
    assert abs(old @ LUMINANCE - young @ LUMINANCE) < 0.05


def test_age_brings_lines_and_gender_brings_brows() -> None:
    face = dict(zip(NAMES, map(float, default_vector()), strict=True))
    child, old = materials(face | {"age": 0.1875}), materials(face | {"age": 1.0})
    assert child.lines == 0.0
    assert old.lines == 1.0
    woman, man = materials(face | {"gender": 0.0}), materials(face | {"gender": 1.0})
    assert man.brow_thickness > woman.brow_thickness
    assert man.stubble > woman.stubble == 0.0
    assert materials(face | {"gender": 1.0, "age": 0.1875}).stubble == 0.0
