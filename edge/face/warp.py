"""Warps a picture so that its points come to lie where they are wanted.

Cole et al. 2017 decode a face as a texture in the mean shape and as landmarks, and bring one to
the other by a spline. Here it is the thin-plate spline (Bookstein 1989): the smoothest map of the
plane through pairs of points.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Plane = npt.NDArray[np.float64]
"""points `(n, 2)`, x and y"""

FRAME_POINTS = 6
"""fixed points on each side of the picture, corners included: the frame stays where it is"""
STIFFNESS = 1e-7
"""how much the spline may miss its points, in units of the picture's width: enough that points
which coincide and want to go apart do not tear it (Wahba 1990)"""
CELLS = 56
"""the spline is computed at the corners of so many cells a side, and is straight within them"""
REACH = 1.0
"""pictures that a point may lie outside of the picture; farther ones are brought in"""


def warp(picture: Floats, points: npt.ArrayLike, wanted: npt.ArrayLike) -> Floats:
    """The picture `(size, size, channels) float32` with `points` moved to `wanted`.

    Both are finite, `(n, 2)`: x and y in pixels, the middle of the first pixel at 0. There are at
    least 2 × 2 pixels. What comes from beyond its edge repeats the edge.
    """
    size = picture.shape[0]
    unit = size - 1
    now = np.asarray(points, np.float64) / unit
    then = np.clip(np.asarray(wanted, np.float64) / unit, -REACH, 1 + REACH)
    frame = _frame()
    # The map goes backwards: each place of the new picture asks where its colour comes from.
    spline = ThinPlateSpline(np.concatenate([then, frame]), np.concatenate([now, frame]))
    return _sample(picture, _every_pixel(spline, size) * unit)


class ThinPlateSpline:
    """The smooth map of the plane that takes points to values.

    f(p) = a₀ + a₁x + a₂y + Σ wᵢ U(|p − pᵢ|) with U(r) = r² log r².
    """

    def __init__(self, points: Plane, values: Plane, stiffness: float = STIFFNESS) -> None:
        """`points` and `values`: `(n, 2)`, about in 0…1; three points must not lie on a line."""
        count = len(points)
        system = np.zeros((count + 3, count + 3))
        system[:count, :count] = _kernel(points, points) + stiffness * np.eye(count)
        system[:count, count:] = _affine(points)
        system[count:, :count] = system[:count, count:].T
        self._points = points
        self._weights = np.linalg.solve(system, np.concatenate([values, np.zeros((3, 2))]))

    def __call__(self, places: Plane) -> Plane:
        """Where the places `(m, 2)` go."""
        basis = np.concatenate([_kernel(places, self._points), _affine(places)], axis=1)
        return np.asarray(basis @ self._weights)


def _kernel(one: Plane, other: Plane) -> npt.NDArray[np.float64]:
    squared = np.square(one[:, None, 0] - other[None, :, 0])
    squared += np.square(one[:, None, 1] - other[None, :, 1])
    return squared * np.log(np.maximum(squared, 1e-300))


def _affine(points: Plane) -> npt.NDArray[np.float64]:
    return np.concatenate([np.ones((len(points), 1)), points], axis=1)


def _frame() -> Plane:
    """Points along the edge of the unit square."""
    along = np.linspace(0.0, 1.0, FRAME_POINTS)
    x, y = np.meshgrid(along, along)
    edge = (x == 0) | (x == 1) | (y == 0) | (y == 1)
    return np.stack([x[edge], y[edge]], axis=1)


def _every_pixel(spline: ThinPlateSpline, size: int) -> npt.NDArray[np.float32]:
    """The spline at every pixel: `(size, size, 2)`."""
    along = np.linspace(0.0, 1.0, CELLS + 1)
    x, y = np.meshgrid(along, along)
    grid = spline(np.stack([x.ravel(), y.ravel()], axis=1)).astype(np.float32)
    between = _interpolation(size)
    rows = np.tensordot(between, grid.reshape(CELLS + 1, CELLS + 1, 2), (1, 0))
    return np.tensordot(between, rows, (1, 1)).transpose(1, 0, 2)


def _interpolation(size: int) -> npt.NDArray[np.float32]:
    """`(size, CELLS + 1)`: how each pixel of a row mixes the corners of its cell."""
    place = np.linspace(0.0, CELLS, size)
    left = np.minimum(place.astype(int), CELLS - 1)
    mix, pixel = np.zeros((size, CELLS + 1), np.float32), np.arange(size)
    mix[pixel, left] = 1 - (place - left)
    mix[pixel, left + 1] = place - left
    return mix


def _sample(picture: Floats, places: npt.NDArray[np.float32]) -> Floats:
    """The picture's values at places `(size, size, 2)`, bilinear."""
    size, channels = picture.shape[0], picture.shape[2]
    x, y = np.clip(places, 0, size - 1).reshape(-1, 2).T
    left, top = (np.minimum(place.astype(np.intp), size - 2) for place in (x, y))
    across, down = ((x - left).astype(np.float32), (y - top).astype(np.float32))
    pixels, at = picture.reshape(-1, channels), top * size + left
    values = pixels.take(at, axis=0) * ((1 - across) * (1 - down))[:, None]
    values += pixels.take(at + 1, axis=0) * (across * (1 - down))[:, None]
    values += pixels.take(at + size, axis=0) * ((1 - across) * down)[:, None]
    values += pixels.take(at + size + 1, axis=0) * (across * down)[:, None]
    return values.reshape(picture.shape)
