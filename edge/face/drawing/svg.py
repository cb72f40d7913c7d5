"""Shapes as SVG text."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

import numpy as np

from edge.face.drawing.shape import CANVAS, Colour, Points, Shape


def svg(shapes: Sequence[Shape], background: Colour, title: str) -> str:
    """A picture of any size with these shapes, the first at the back. `title` is read to people
    who cannot see it."""
    side = f"{CANVAS:g}"
    drawn = "\n".join(_path(shape) for shape in shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{side}" height="{side}" fill="{hexadecimal(background)}"/>\n'
        f"{drawn}\n</svg>\n"
    )


def hexadecimal(colour: Colour) -> str:
    """`#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _path(shape: Shape) -> str:
    colour = hexadecimal(shape.colour)
    if shape.line:
        look = f'fill="none" stroke="{colour}" stroke-width="{shape.line:.2g}" '
        return f'<path d="{_data(shape.path)}" {look}stroke-linecap="round"/>'
    return f'<path d="{_data(shape.path)}Z" fill="{colour}"/>'


def _data(path: Points) -> str:
    """The path in SVG's letters: relative curves, and lines where the curve is straight."""
    points = np.round(path, 1) + 0.0
    here = points[0]
    text = f"M{_pair(here)}"
    for first, second, end in points[1:].reshape(-1, 3, 2):
        if np.array_equal(first, here) and np.array_equal(second, end):
            text += f"l{_pair(end - here)}"
        else:
            text += "c" + " ".join(_pair(point - here) for point in (first, second, end))
        here = end
    return text


def _pair(point: Points) -> str:
    x, y = (f"{round(float(value), 1) + 0.0:g}" for value in point)
    return f"{x}{y}" if y.startswith("-") else f"{x} {y}"
