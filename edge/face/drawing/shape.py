"""Flat shapes on a square canvas: the one description that SVG and pixels are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
"""`(n, 2)`: x to the right and y downwards, 0…100 from edge to edge of the canvas"""
Colour = tuple[int, int, int]
"""red, green, blue, 0…255"""
CANVAS = 100.0
"""width and height of the canvas"""
ROUND = 0.5523
"""control points of a quarter circle, as a share of its radius"""


@dataclass(frozen=True)
class Move:
    """Enlarged and turned about a point, then shifted."""

    about: tuple[float, float]
    zoom: float = 1.0
    turn: float = 0.0
    """degrees with the clock"""
    shift: tuple[float, float] = (0.0, 0.0)

    @cached_property
    def matrix(self) -> Points:
        """What rows of points are multiplied with, `(2, 2)`."""
        cosine, sine = np.cos(np.radians(self.turn)), np.sin(np.radians(self.turn))
        return self.zoom * np.array([(cosine, sine), (-sine, cosine)])


@dataclass(frozen=True)
class Shape:
    """One path of cubic Bézier curves, filled, or drawn as a line with round ends."""

    path: Points
    """start, then two control points and an end for each curve: `(1 + 3·curves, 2)`"""
    colour: Colour
    line: float = 0.0
    """width of the line; 0: the path is closed and filled"""

    def moved(self, move: Move) -> Shape:
        """Somewhere else, in another size."""
        path = (self.path - move.about) @ move.matrix + np.add(move.about, move.shift)
        return Shape(path, self.colour, self.line * move.zoom)


def smooth(points: Sequence[Sequence[float]] | Points, closed: bool = True) -> Points:
    """The path that passes through all points without a corner (Catmull and Rom 1974)."""
    through = np.asarray(points, np.float64)
    if closed:
        around = np.concatenate([through[-1:], through, through[:2]])
    else:
        around = np.concatenate([through[:1], through, through[-1:]])
    start, end = around[1:-2], around[2:-1]
    first = start + (end - around[:-3]) / 6
    second = end - (around[3:] - start) / 6
    curves = np.stack([first, second, end], 1).reshape(-1, 2)
    return np.concatenate([start[:1], curves])


def straight(points: Sequence[Sequence[float]] | Points) -> Points:
    """The path along straight lines; its control points lie on the corners."""
    corners = np.asarray(points, np.float64)
    lines = np.stack([corners[:-1], corners[1:], corners[1:]], 1).reshape(-1, 2)
    return np.concatenate([corners[:1], lines])


def joined(*parts: Points) -> Points:
    """One path of several, each going on where the one before ended."""
    whole = [parts[0]]
    for part in parts[1:]:
        whole += [straight([whole[-1][-1], part[0]])[1:], part[1:]]
    return np.concatenate(whole)


def ellipse(x: float, y: float, across: float, down: float) -> Points:
    """An ellipse by its middle and half axes."""
    k = ROUND
    unit = np.array(
        [(1, 0), (1, k), (k, 1), (0, 1), (-k, 1), (-1, k), (-1, 0),
         (-1, -k), (-k, -1), (0, -1), (k, -1), (1, -k), (1, 0)], np.float64
    )  # fmt: skip
    return unit * (across, down) + (x, y)


def mirrored(right: Sequence[Sequence[float]], about: float = CANVAS / 2) -> Points:
    """A symmetric ring of points: the right half from top to bottom, and its mirror image."""
    half = np.asarray(right, np.float64)
    other = half[::-1] * (-1, 1) + (2 * about, 0)
    keep = np.abs(other[:, 0] - about) > 1e-6  # points on the axis are there once
    return np.concatenate([half, other[keep]])


def flattened(path: Points, steps: int = 8) -> Points:
    """The path as a polyline: `(n, 2)`."""
    start, first, second, end = path[:-1:3], path[1::3], path[2::3], path[3::3]
    t = np.linspace(0, 1, steps + 1)[1:, None, None]
    s = 1 - t
    curve = s**3 * start + 3 * s**2 * t * first + 3 * s * t**2 * second + t**3 * end
    return np.concatenate([path[:1], curve.transpose(1, 0, 2).reshape(-1, 2)])


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """From one colour to the other by a share of 0…1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
