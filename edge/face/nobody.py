"""Head and shoulders of nobody: what stands where no face is known. It tells the state, too."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageColor

from edge.display import words
from edge.face.drawing.pixels import pixels
from edge.face.drawing.shape import Colour, Shape, ellipse, mirrored, smooth, straight
from edge.state import State

PANEL: Colour = (27, 34, 44)
SILHOUETTE: Colour = (57, 67, 79)


@lru_cache(maxsize=12)
def nobody(state: State, side: int) -> Image.Image:
    """A square of `side` pixels, RGB. Nobody may change it in place."""
    colour = state_colour(state)
    head = [
        Shape(_SHOULDERS, SILHOUETTE),
        Shape(ellipse(50, 43, 20, 26), SILHOUETTE),
    ]
    return pixels([*head, *_sign(state, colour)], PANEL, side)


def state_colour(state: State) -> Colour:
    """The colour by which a state is told."""
    red, green, blue = ImageColor.getrgb(words.SIGNS[state].colour)[:3]
    return red, green, blue


_SHOULDERS = smooth(mirrored([(50, 72), (66, 75), (79, 82), (86, 96), (87, 108), (50, 112)]))


def _sign(state: State, colour: Colour) -> list[Shape]:
    if state in (State.LISTENING, State.SPEAKING):  # sound comes in from both sides
        return [_wave(side, reach, colour) for side in (-1, 1) for reach in (0, 7)]
    if state is State.MUTED:
        return [_lid(side, colour) for side in (-1, 1)]
    if state is State.FAULT:
        bar = straight([(46.4, 26), (53.6, 26), (52.0, 47), (48.0, 47), (46.4, 26)])
        return [Shape(bar, colour), Shape(ellipse(50, 55, 3.6, 3.6), colour)]
    return []


def _wave(side: int, reach: float, colour: Colour) -> Shape:
    x, tall = 50 + side * (26 + reach), 7 + 0.8 * reach
    points = [(x, 43 - tall), (x + side * (2.5 + reach * 0.15), 43), (x, 43 + tall)]
    return Shape(smooth(points, closed=False), colour, 3.2)


def _lid(side: int, colour: Colour) -> Shape:
    x = 50 + side * 8.5
    return Shape(smooth([(x - 5, 42), (x, 45), (x + 5, 42)], closed=False), colour, 2.6)
