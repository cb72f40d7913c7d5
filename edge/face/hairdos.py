"""The hair of a drawn face: what lies behind the head, and what in front of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from edge.face.drawing.shape import Colour, Points, Shape, ellipse, mirrored, mix, smooth
from edge.face.looks import Looks
from edge.face.proportions import MIDDLE, Proportions

Layers = tuple[list[Shape], list[Shape]]
"""behind and in front of the head"""


def hair(looks: Looks, place: Proportions) -> Layers:
    """The hair of somebody, in their style."""
    return _STYLES.get(looks.hairdo, _fringe)(looks, place)


def _crop(looks: Looks, place: Proportions) -> Layers:
    bald = place.old * (1 - looks.feminine)
    line = place.hairline - 3.2 * bald
    corner = 0.74 - 0.10 * bald
    cap = _cap(place, volume=2.2 - 0.8 * bald)
    inner = [
        (place.width - 0.2, place.eye - 1.0),
        (place.width - 1.6, place.eye - 6.0),
        (place.width * 0.84, line + 4.6 - 1.6 * bald),
        (place.width * corner, line + 0.9 - 2.2 * bald),
        (place.width * 0.4, line + 0.2 + 0.6 * bald),
        (0, line + 0.4 + 0.4 * bald),
    ]
    return [], [Shape(_between(cap, inner), looks.hair), _shine(looks, place, 2.0)]


def _fringe(looks: Looks, place: Proportions) -> Layers:
    cap = _cap(place, volume=4.2)
    w, brow = place.width, place.brow
    locks = [
        (w + 0.9, place.eye - 0.5), (w - 1.7, place.eye - 5.0), (w - 2.6, brow - 2.2),
        (w * 0.70, brow - 6.0), (w * 0.62, brow - 2.2), (w * 0.40, brow - 6.4),
        (w * 0.24, brow - 2.0), (w * 0.06, brow - 6.8), (-w * 0.16, brow - 1.8),
        (-w * 0.36, brow - 5.4), (-w * 0.60, brow - 1.4), (-w * 0.76, brow - 3.0),
        (-w + 2.4, brow - 1.0), (-w + 1.6, place.eye - 5.0), (-w - 0.9, place.eye - 0.5),
    ]  # fmt: skip
    ring = [*cap, *[(MIDDLE + x, y) for x, y in locks]]
    return [], [Shape(smooth(ring), looks.hair), _shine(looks, place, 3.4)]


def _bob(looks: Looks, place: Proportions) -> Layers:
    w, end = place.width, place.chin - 1.0
    back = mirrored([
        (MIDDLE, place.top), (MIDDLE + w * 0.8, place.top + 4), (MIDDLE + w + 2.4, place.eye),
        (MIDDLE + w + 1.6, end - 5), (MIDDLE + w * 0.8, end - 1.0), (MIDDLE, end - 1.4),
    ])  # fmt: skip
    front = _parted(looks, place, 4.2, 0.24, (w + 4.4, place.chin - 3.4), tip=0.62)
    return [Shape(smooth(back), _darker(looks))], front


def _long(looks: Looks, place: Proportions) -> Layers:
    w, end = place.width, place.shoulder + 7.0
    back = mirrored([
        (MIDDLE, place.top), (MIDDLE + w * 0.8, place.top + 4), (MIDDLE + w + 2.0, place.eye),
        (MIDDLE + w + 2.4, place.shoulder), (MIDDLE + w, end), (MIDDLE, end - 1),
    ])  # fmt: skip
    front = _parted(looks, place, 4.0, -0.05, (w + 3.6, end), tip=0.72)
    return [Shape(smooth(back), _darker(looks))], front


def _tied(looks: Looks, place: Proportions) -> Layers:
    bun = ellipse(MIDDLE, place.top - 4.6, 7.2, 6.0)
    cap = _cap(place, volume=2.8)
    inner = [
        (place.width - 0.2, place.eye - 1.5),
        (place.width - 1.8, place.eye - 6.5),
        (place.width * 0.74, place.hairline + 3.2),
        (place.width * 0.4, place.hairline - 0.6),
        (0, place.hairline - 1.6),
    ]
    band = Shape(
        smooth([(MIDDLE - 4.6, place.top - 2.6), (MIDDLE, place.top - 1.9),
                (MIDDLE + 4.6, place.top - 2.6)], closed=False),
        mix(looks.hair, (225, 120, 110), 0.75), 1.3,
    )  # fmt: skip
    front = [Shape(_between(cap, inner), looks.hair), _shine(looks, place, 2.4), band]
    return [Shape(bun, _darker(looks))], front


def _afro(looks: Looks, place: Proportions) -> Layers:
    w, middle = place.width, place.eye - 11.0
    bumps = []
    for angle in np.radians(np.arange(-215, 36, 25.0)):
        x, y = MIDDLE + (w + 5.5) * np.cos(angle), middle + 17.5 * np.sin(angle)
        bumps.append(Shape(ellipse(float(x), float(y), 6.8, 6.8), looks.hair))
    whole = Shape(ellipse(MIDDLE, middle, w + 6.5, 19.0), looks.hair)
    edge = [Shape(ellipse(MIDDLE + w * x, place.hairline - 2.2 + 4.4 * abs(x) ** 3, 4.0, 3.4),
                  looks.hair) for x in (-0.78, -0.4, 0.0, 0.4, 0.78)]  # fmt: skip
    sides = [
        Shape(ellipse(MIDDLE + side * (w + 0.6), place.eye - 5.5, 2.6, 5.0), looks.hair)
        for side in (-1, 1)
    ]
    line = place.hairline
    inner = [
        (w - 0.4, place.eye - 5),
        (w * 0.86, line + 2.6),
        (w * 0.5, line - 1.5),
        (0, line - 2.2),
    ]
    cap = _between(_cap(place, 2.0), inner)
    return [whole, *bumps], [Shape(cap, looks.hair), *edge, *sides]


def _parted(
    looks: Looks,
    place: Proportions,
    volume: float,
    part: float,
    sides: tuple[float, float],
    tip: float,
) -> list[Shape]:
    """Two curtains from a parting, down both sides of the face.

    `part` is the parting's place, as a share of the face's half width; `sides` how far out and
    how far down the curtains hang; `tip` where their inner ends lie, again as a share.
    """
    w, (out, down) = place.width, sides
    root, crown = (part * w, place.hairline - 3.6), (part * w * 0.9, place.top - volume)
    hang = down - place.mouth
    top = ellipse(MIDDLE, place.top - volume + 4.2, w * 0.62, 4.4)  # where the curtains meet
    shapes = [Shape(top, looks.hair)]
    for side in (-1, 1):
        reach = 1 - side * part  # the side away from the parting has farther to go
        ring = [
            (root[0], root[1]),
            (crown[0], crown[1]),
            (side * w * 0.60, place.top - volume + 1.9),
            (side * (w + 0.4), place.top + 6.2),
            (side * (w + 2.8), place.eye - 9.5),
            (side * (out - 0.3), place.eye + 3),
            (side * (out + 0.7), place.mouth + 0.4 * hang),
            (side * (out + 0.2), down - 1.0),
            (side * (w * 0.5 + out * 0.5), down + 1.1),
            (side * (w * tip + 2.6), down + 0.4),
            (side * (w * (tip + 0.98) / 2 + 1.0), place.mouth + 0.45 * hang),
            (side * (w * 0.96), place.mouth - 3.5),
            (side * (w - 1.3), place.eye - 1.5),
            (side * w * 0.80, place.brow - 2.6),
            (side * w * (0.42 + 0.4 * part * side), place.hairline + 1.9 * reach),
        ]
        shapes.append(Shape(smooth([(MIDDLE + x, y) for x, y in ring]), looks.hair))
    return [*shapes, _shine(looks, place, volume - 0.9)]


def _cap(place: Proportions, volume: float) -> list[tuple[float, float]]:
    """The outline of hair on the skull, from the left ear over the top to the right one."""
    w, v = place.width, volume
    right = [
        (0.0, place.top - v),
        (w * 0.48, place.top - 0.86 * v + 0.9),
        (w * 0.83, place.top + 6.2 - 0.75 * v),
        (w + 0.45 * v, place.top + 14.5 - 0.2 * v),
        (w + 0.42 * v, place.eye - 4.5),
    ]
    left = [(-x, y) for x, y in reversed(right[1:])]
    return [(MIDDLE + x, y) for x, y in (*left, *right)]


def _between(outer: list[tuple[float, float]], inner: Sequence[tuple[float, float]]) -> Points:
    """The ring between a cap and a symmetric hairline, given as its right half, inwards."""
    right = [(MIDDLE + x, y) for x, y in inner]
    left = [(MIDDLE - x, y) for x, y in reversed(inner[:-1])]
    return smooth([*outer, *right, *left])


def _shine(looks: Looks, place: Proportions, volume: float) -> Shape:
    w, top = place.width, place.top - volume
    arc = [(-0.58 * w, top + 6.0), (-0.40 * w, top + 3.7), (-0.16 * w, top + 2.6)]
    return Shape(smooth([(MIDDLE + x, y) for x, y in arc], closed=False), _lighter(looks), 1.1)


def _darker(looks: Looks) -> Colour:
    return mix(looks.hair, (20, 12, 16), 0.22)


def _lighter(looks: Looks) -> Colour:
    return mix(looks.hair, (255, 240, 225), 0.16)


_STYLES: dict[str, Callable[[Looks, Proportions], Layers]] = {
    "crop": _crop,
    "fringe": _fringe,
    "bob": _bob,
    "long": _long,
    "tied": _tied,
    "afro": _afro,
}
