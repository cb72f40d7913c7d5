"""Where eyes, mouth and face are in the picture: the camera keeps them at the same place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# centre (x, y) and half axes, as shares of the picture's width
Ellipse = tuple[float, float, float, float]
EYES: tuple[Ellipse, ...] = ((0.372, 0.520, 0.105, 0.075), (0.628, 0.520, 0.105, 0.075))
MOUTH: tuple[Ellipse, ...] = ((0.500, 0.800, 0.160, 0.110),)
FACE: tuple[Ellipse, ...] = ((0.500, 0.600, 0.310, 0.390),)


def inside(ellipses: tuple[Ellipse, ...], size: int) -> NDArray[np.bool_]:
    """(size, size) bool: is the pixel in one of the ellipses?"""
    return _nearness(ellipses, size) < 1.0


def weight_map(size: int) -> NDArray[np.float32]:
    """How much an error counts where: (size, size) float32 of mean 1, soft at the edges."""
    weights = np.full((size, size), 0.5)
    for ellipses, amount in ((FACE, 0.9), (EYES, 2.2), (MOUTH, 1.6)):
        weights += amount * np.exp(-(_nearness(ellipses, size) ** 2))
    return (weights / weights.mean()).astype(np.float32)


def _nearness(ellipses: tuple[Ellipse, ...], size: int) -> NDArray[np.float64]:
    """Squared distance to the nearest centre, 1 on its ellipse: (size, size)."""
    y, x = (np.mgrid[:size, :size] + 0.5) / size
    each = [((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 for cx, cy, rx, ry in ellipses]
    return np.asarray(np.min(each, axis=0))
