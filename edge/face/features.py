"""Nose, mouth, cheeks and the lines of age of a drawn face."""

from __future__ import annotations

import numpy as np

from edge.face.drawing.shape import Colour, Points, Shape, ellipse, joined, mix, smooth
from edge.face.expression import Expression
from edge.face.looks import Looks
from edge.face.proportions import MIDDLE, Proportions

INK = (46, 32, 34)
WHITE = (253, 252, 250)
_MOUTH, _TONGUE = (104, 34, 40), (214, 106, 104)
SIDES = (-1, 1)


def shade(skin: Colour, share: float = 0.2) -> Colour:
    """The skin's colour where less light falls."""
    return mix(skin, (120, 48, 34), share)


def nose(looks: Looks, place: Proportions) -> list[Shape]:
    """A nose in two strokes: its side and its base."""
    w, y = place.nose_width, place.nose
    dark = shade(looks.skin, 0.36)
    base = [(-w, y - 0.9), (-w * 0.62, y + 0.1), (0, y + 0.75), (w * 0.62, y + 0.1), (w, y - 0.9)]
    side = [(-1.5, place.eye + 1.8), (-1.75, y - 4.4), (-w * 0.98, y - 1.2), (-w * 0.5, y - 0.2),
            (0.2, y - 0.1), (-0.2, y - 4.2)]  # fmt: skip
    return [
        Shape(smooth([(MIDDLE + dx, dy) for dx, dy in side]), shade(looks.skin, 0.13)),
        Shape(smooth([(MIDDLE + dx, dy) for dx, dy in base], closed=False), dark, 0.85),
    ]


def mouth(looks: Looks, place: Proportions, now: Expression) -> list[Shape]:
    """Lips, and what is between them when they open."""
    narrow = 1 - 0.42 * now.pucker - 0.26 * now.funnel - 0.06 * now.jaw_open
    w = place.mouth_width * narrow * (1 + 0.14 * now.smile)
    gap = 6.6 * now.jaw_open + 2.2 * now.funnel
    adult, y = 1 - place.child, place.mouth + 0.2 * gap
    thin = 1 - 0.4 * place.old
    pout = 1 + 0.35 * now.pucker + 0.2 * now.funnel
    top = (0.75 + 0.55 * looks.feminine * adult + 0.35 * looks.upper_lip) * thin * pout
    under = (0.95 + 0.65 * looks.feminine * adult + 0.40 * looks.lower_lip) * thin * pout
    t = np.linspace(-1, 1, 9)
    across = MIDDLE + w * t
    bow = 1 - t**2
    corners = y - (0.6 + 3.0 * now.smile) * (t**2 - 0.35) + 0.35 * place.old * t**2
    cupid = np.array([0.0, 0.42, 0.78, 1.06, 0.86, 1.06, 0.78, 0.42, 0.0])
    inner_top = corners - 0.38 * gap * bow**0.8
    inner_under = corners + 0.80 * gap * bow**0.62
    lips = _lips(looks, place)
    shapes = [
        Shape(_strip(across, inner_top - top * cupid, inner_top + 0.25), lips),
        Shape(_strip(across, inner_under - 0.25, inner_under + under * bow**0.7),
              mix(lips, (255, 190, 180), 0.16)),
    ]  # fmt: skip
    if gap < 0.35:
        line = smooth(np.stack([across, corners], 1), closed=False)
        return [*shapes, Shape(line, mix(lips, INK, 0.55), 0.55)]
    teeth = np.minimum(inner_top + min(1.5, 0.34 * gap), inner_under)
    tongue = np.maximum(inner_under - 0.34 * gap * np.clip(1 - (t / 0.72) ** 2, 0, 1), inner_top)
    shapes.append(Shape(_strip(across, inner_top, inner_under), _MOUTH))
    if gap > 1.2:
        shapes.append(Shape(_strip(across[1:8], tongue[1:8], inner_under[1:8]), _TONGUE))
        shapes.append(Shape(_strip(across[1:8], inner_top[1:8], teeth[1:8]), WHITE))
    return shapes


def cheeks(looks: Looks, place: Proportions, now: Expression) -> list[Shape]:
    """A little red, more on children and on women."""
    amount = 0.12 + 0.08 * place.child + 0.08 * looks.feminine + 0.10 * now.smile
    colour = mix(looks.skin, (232, 92, 92), amount)
    y = (place.nose + place.mouth) / 2 - 2.4 - 0.8 * now.smile
    return [
        Shape(ellipse(MIDDLE + side * (place.eye_apart + 3.3), y, 4.0, 2.5), colour)
        for side in SIDES
    ]


def lines(looks: Looks, place: Proportions, now: Expression) -> list[Shape]:
    """What age leaves: furrows, crow's feet, bags under the eyes."""
    if place.old < 0.12:
        return []
    dark = shade(looks.skin, 0.16 + 0.20 * place.old)
    width, shapes = 0.35 + 0.35 * place.old, []

    def line(points: list[tuple[float, float]], share: float = 1.0) -> None:
        shapes.append(Shape(smooth(points, closed=False), dark, width * share))

    n, m = place.nose, place.mouth
    for side in SIDES:
        out = place.mouth_width + 2.0 + 0.4 * now.smile
        line([(MIDDLE + side * (place.nose_width + 1.4), n - 1.2),
              (MIDDLE + side * (out - 0.4), (n + m) / 2),
              (MIDDLE + side * (out + 0.2), m + 1.6 * place.old)])  # fmt: skip
        x, y = MIDDLE + side * place.eye_apart, place.eye
        line([(x - side * 2.4, y + 3.4), (x + side * 0.4, y + 4.3), (x + side * 2.8, y + 3.5)], 0.8)
        if place.old > 0.4:
            edge = x + side * (place.eye_width + 1.7)
            line([(edge, y - 0.4), (edge + side * 1.9, y - 1.5)], 0.7)
            line([(edge, y + 0.9), (edge + side * 2.0, y + 1.3)], 0.7)
    if place.old > 0.35 and looks.hairdo != "fringe":
        for i in range(2):
            y = place.brow - 4.0 - 2.6 * i - 1.4 * now.brow_up
            w = 7.2 - 1.6 * i
            line([(MIDDLE - w, y + 0.5), (MIDDLE, y), (MIDDLE + w, y + 0.5)], 0.8)
    return shapes


def _lips(looks: Looks, place: Proportions) -> Colour:
    natural = mix(looks.skin, (176, 64, 62), 0.36)
    red = mix(looks.skin, (196, 52, 66), 0.66)
    return mix(natural, red, looks.feminine * (1 - place.child) * (1 - 0.3 * place.old))


def _strip(across: Points, upper: Points, lower: Points) -> Points:
    """The path between two curves over the same places."""
    return joined(
        smooth(np.stack([across, upper], 1), closed=False),
        smooth(np.stack([across, lower], 1)[::-1], closed=False),
    )
