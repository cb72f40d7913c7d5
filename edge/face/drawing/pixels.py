"""Shapes as pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from edge.face.drawing.shape import CANVAS, Colour, Points, Shape, flattened

FINE = 1500
"""pixels of a side up to which edges are drawn three or four times finer, then shrunk; above it,
twice"""


def pixels(shapes: Sequence[Shape], background: Colour, side: int) -> Image.Image:
    """The shapes on a square of `side` pixels, RGB, the first at the back."""
    finer = max(2, min(4, FINE // side))
    large = side * finer
    picture = Image.new("RGB", (large, large), background)
    draw = ImageDraw.Draw(picture)
    scale = large / CANVAS
    for shape in shapes:
        outline = flattened(shape.path) * scale - 0.5
        if shape.line:
            outline = _ribbon(outline, max(1.0, shape.line * scale))
        draw.polygon(outline.ravel().tolist(), shape.colour)
    return picture.reduce(finer) if finer > 1 else picture


def _ribbon(line: Points, width: float) -> Points:
    """The outline of a line of that width with round ends. Pillow's own lines are lumpy."""
    step = np.gradient(line, axis=0)
    step /= np.maximum(np.hypot(step[:, :1], step[:, 1:]), 1e-9)
    aside = step[:, ::-1] * (-width / 2, width / 2)
    half = np.linspace(0, np.pi, 7)[1:-1, None]
    end = line[-1] + aside[-1] * np.cos(half) + step[-1] * width / 2 * np.sin(half)
    start = line[0] - aside[0] * np.cos(half) - step[0] * width / 2 * np.sin(half)
    return np.concatenate([line + aside, end, (line - aside)[::-1], start])
