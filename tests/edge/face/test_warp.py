"""The warp brings points where they are wanted, and nothing tears it."""

from __future__ import annotations

import numpy as np
import pytest

from edge.face.warp import ThinPlateSpline, warp

SIZE = 224
RNG = np.random.default_rng(0)
ANGLES = np.linspace(0, 2 * np.pi, 68, endpoint=False)
MEAN = 112 + np.stack([60 * np.cos(ANGLES), 75 * np.sin(ANGLES)], 1) * RNG.uniform(0.3, 1, (68, 1))


def smooth_picture() -> np.ndarray:
    y, x = np.mgrid[0:SIZE, 0:SIZE] / (SIZE - 1)
    return np.stack([x, y, 0.5 + 0.5 * np.sin(9 * x) * np.cos(7 * y)], -1).astype(np.float32)


def moved(points: np.ndarray) -> np.ndarray:
    """Wider, a little turned, shifted: as one face differs from the mean."""
    angle = 0.06
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (points - 112) @ turn * [1.12, 0.93] + 112 + [4.0, -3.0]


def at(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Values at points, bilinear."""
    left = np.floor(points).astype(int)
    (x, y), part = left.T, points - left
    across, down = part[:, :1], part[:, 1:]
    upper = picture[y, x] * (1 - across) + picture[y, x + 1] * across
    lower = picture[y + 1, x] * (1 - across) + picture[y + 1, x + 1] * across
    return upper * (1 - down) + lower * down


def test_colours_move_from_the_points_to_where_they_are_wanted() -> None:
    """Red and green hold a pixel's place: so it is seen where the new picture took it from."""
    picture, wanted = smooth_picture(), moved(MEAN)
    assert np.abs(wanted - MEAN).max() > 8
    source = at(warp(picture, MEAN, wanted), wanted)[:, :2] * (SIZE - 1)
    assert np.abs(source - MEAN).max() < 0.5


def test_what_does_not_move_stays() -> None:
    noise = RNG.random((SIZE, SIZE, 3)).astype(np.float32)
    np.testing.assert_allclose(warp(noise, MEAN, MEAN), noise, atol=1e-3)


def test_the_frame_stays() -> None:
    source = warp(smooth_picture(), MEAN, moved(MEAN))[..., :2] * (SIZE - 1)
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    off = np.abs(source - np.stack([x, y], -1)).max(-1)
    edge = np.concatenate([off[0], off[-1], off[:, 0], off[:, -1]])
    assert edge.max() < 1.5
    assert max(off[0, 0], off[0, -1], off[-1, 0], off[-1, -1]) < 0.01


def test_the_spline_is_scipy_s() -> None:
    from scipy.interpolate import RBFInterpolator

    points, values = RNG.random((30, 2)), RNG.random((30, 2))
    places = RNG.random((50, 2))
    expected = RBFInterpolator(points, values, kernel="thin_plate_spline")(places)
    made = ThinPlateSpline(points, values, stiffness=0)
    np.testing.assert_allclose(made(places), expected, atol=1e-6)
    np.testing.assert_allclose(made(points), values, atol=1e-8)


def coincident(points: np.ndarray) -> np.ndarray:
    return np.where(np.arange(68)[:, None] % 2 == 1, np.roll(points, 1, axis=0), points)


@pytest.mark.parametrize(
    ("points", "wanted"),
    [
        (MEAN, coincident(moved(MEAN))),
        (coincident(MEAN), moved(MEAN)),
        (MEAN, np.full((68, 2), 112.0)),
        (np.zeros((68, 2)), MEAN),
        (MEAN, MEAN + 300),
        (MEAN, np.full((68, 2), 1e30)),
        (MEAN, MEAN[::-1]),
    ],
)
def test_no_points_tear_it(points: np.ndarray, wanted: np.ndarray) -> None:
    picture = smooth_picture()
    made = warp(picture, points, wanted)
    assert made.shape == picture.shape
    assert made.min() >= picture.min() - 1e-5
    assert made.max() <= picture.max() + 1e-5


def test_coincident_points_that_agree_move_as_one() -> None:
    source = at(warp(smooth_picture(), coincident(MEAN), coincident(moved(MEAN))), moved(MEAN))
    kept = np.arange(68) % 2 == 0
    assert np.abs(source[kept, :2] * (SIZE - 1) - MEAN[kept]).max() < 0.5


@pytest.mark.parametrize("size", [16, 64, 513])
def test_any_size(size: int) -> None:
    picture = RNG.random((size, size, 3)).astype(np.float32)
    points = RNG.uniform(2, size - 3, (20, 2))
    assert warp(picture, points, points + 1).shape == (size, size, 3)
    np.testing.assert_allclose(warp(picture, points, points), picture, atol=1e-3)
