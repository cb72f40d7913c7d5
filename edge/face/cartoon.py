"""Speech to cartoon: a drawn face, as shapes, SVG text or pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PIL import Image

from edge.face import eyes, features
from edge.face.drawing.pixels import pixels
from edge.face.drawing.shape import CANVAS, Colour, Move, Shape, ellipse, mirrored, mix, smooth
from edge.face.drawing.svg import svg
from edge.face.expression import REST, Expression
from edge.face.hairdos import hair
from edge.face.looks import Looks
from edge.face.proportions import MIDDLE, Proportions, proportions
from edge.scene import CAPTION

PAPER: Colour = (205, 222, 230)
_CLOTHES: dict[str, Colour] = {
    "crop": (62, 104, 148),
    "fringe": (72, 132, 112),
    "bob": (200, 98, 92),
    "long": (124, 96, 158),
    "tied": (58, 138, 148),
    "afro": (222, 158, 72),
}
_CENTRE, _ZOOM = (MIDDLE, 54.0), 1.2
_FAINTEST = 0.6
"""how much of the paper shows through a face of which nothing is known"""


@dataclass(frozen=True)
class Cartoon:
    """A face at one moment."""

    looks: Looks
    expression: Expression = REST
    paper: Colour = PAPER
    """what lies behind the head"""
    presence: float = 1.0
    """0…1: a face grows out of the paper as evidence does"""

    def shapes(self) -> list[Shape]:
        """All of it, the back first."""
        looks, now = self.looks, self.expression
        place = proportions(looks)
        # The jaw takes the chin along.
        place = replace(place, chin=place.chin + 2.4 * now.jaw_open + 0.8 * now.funnel)
        behind, before = hair(looks, place)
        body = [*_neck(looks, place), *_clothes(looks, place)]
        head = [
            *_head(looks, place),
            *features.cheeks(looks, place, now),
            *features.lines(looks, place, now),
            *features.nose(looks, place),
            *features.mouth(looks, place, now),
            *eyes.eyes(looks, place, now),
            *eyes.brows(looks, place, now),
            *before,
        ]
        still = Move(_CENTRE, _ZOOM)
        moved = Move(_CENTRE, _ZOOM, now.tilt, (CANVAS * now.shift[0], CANVAS * now.shift[1]))
        whole = [
            *(shape.moved(moved) for shape in behind),
            *(shape.moved(still) for shape in body),
            *(shape.moved(moved) for shape in head),
        ]
        faint = _FAINTEST * (1 - self.presence)
        if faint <= 0:
            return whole
        return [replace(s, colour=mix(s.colour, self.paper, faint)) for s in whole]

    def svg(self) -> str:
        """SVG text of a few kilobytes, for any size."""
        return svg(self.shapes(), self.paper, CAPTION)

    def picture(self, side: int) -> Image.Image:
        """A square of `side` pixels, RGB."""
        return pixels(self.shapes(), self.paper, side)


def _head(looks: Looks, place: Proportions) -> list[Shape]:
    w, skin = place.width, looks.skin
    jaw_y = place.mouth - 1.5
    outline = mirrored([
        (MIDDLE, place.top), (MIDDLE + w * 0.52, place.top + 1.4),
        (MIDDLE + w * 0.88, place.top + 8), (MIDDLE + w * 0.985, place.eye - 8),
        (MIDDLE + w, place.eye + 2), (MIDDLE + (w * 0.5 + place.jaw * 0.5), place.nose - 0.5),
        (MIDDLE + place.jaw, jaw_y),
        (MIDDLE + place.jaw * 0.46 + place.chin_width * 0.66, (jaw_y + place.chin) / 2 + 1.2),
        (MIDDLE + place.chin_width, place.chin - 1.7), (MIDDLE, place.chin),
    ])  # fmt: skip
    ears = []
    for side in (-1, 1):
        x, y = MIDDLE + side * (w + 0.5), place.eye + 3.4
        ears.append(Shape(ellipse(x, y, 2.7, 4.4), skin))
        inner = [(x + side * 0.9, y - 2.2), (x + side * 1.2, y), (x + side * 0.2, y + 2.0)]
        ears.append(Shape(smooth(inner, closed=False), features.shade(skin, 0.3), 0.6))
    return [*ears, Shape(smooth(outline), skin)]


def _neck(looks: Looks, place: Proportions) -> list[Shape]:
    n, chin, down = place.neck, place.chin, place.shoulder
    neck = mirrored([
        (MIDDLE, chin - 12), (MIDDLE + n, chin - 11), (MIDDLE + n * 0.96, chin + 2),
        (MIDDLE + n * 1.25, down + 3.5), (MIDDLE + n * 1.3, 98), (MIDDLE, 100),
    ])  # fmt: skip
    shadow = mirrored([
        (MIDDLE, chin - 8), (MIDDLE + n * 0.99, chin - 8), (MIDDLE + n * 0.95, chin + 0.8),
        (MIDDLE + n * 0.5, chin + 3.0), (MIDDLE, chin + 3.6),
    ])  # fmt: skip
    return [
        Shape(smooth(neck), mix(looks.skin, features.shade(looks.skin), 0.35)),
        Shape(smooth(shadow), features.shade(looks.skin, 0.3)),
    ]


def _clothes(looks: Looks, place: Proportions) -> list[Shape]:
    colour = _CLOTHES.get(looks.hairdo, _CLOTHES["crop"])
    n, s, y = place.neck, place.shoulder_width, place.shoulder
    low = y + 1.2 + 4.5 * looks.feminine * (1 - place.child)  # how deep the neckline is
    right = [
        (MIDDLE, low + 4.2), (MIDDLE + n * 0.75, low + 2.2), (MIDDLE + n * 1.22, y + 0.4),
        (MIDDLE + s * 0.62, y + 3.6), (MIDDLE + s * 0.93, y + 8.5), (MIDDLE + s * 1.05, 103),
        (MIDDLE, 106),
    ]  # fmt: skip
    hem = [(2 * MIDDLE - x, dy) for x, dy in right[2:0:-1]] + right[:3]
    return [
        Shape(smooth(mirrored(right)), colour),
        Shape(smooth(hem, closed=False), mix(colour, (255, 255, 255), 0.28), 1.5),
    ]
