"""Where face, state, words and caption go on a screen of any size and shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edge.face.lettering import Box

Shape = Literal["rectangle", "round"]

BORDER = 0.022
"""of the face's width"""


@dataclass(frozen=True)
class Layout:
    """Boxes in pixels, and the height of ordinary letters."""

    letter: float
    face: Box
    """square, with its border"""
    caption: Box
    state: Box
    words: Box
    round: bool = False
    """the face is a circle, and the words are in the middle"""

    @property
    def picture(self) -> int:
        """Width of the face without its border."""
        side = self.face[2] - self.face[0]
        return side - 2 * max(2, round(side * BORDER) - 1)

    @property
    def radius(self) -> int:
        """Of the corners of the face's border."""
        side = self.face[2] - self.face[0]
        return side // 2 if self.round else round(side * 0.09)

    @property
    def caption_letter(self) -> float:
        """Height of the caption's letters."""
        return _caption_letter(self.letter)


def layout(width: int, height: int, shape: Shape = "rectangle", spacious: bool = False) -> Layout:
    """Side by side on a wide screen, face above words on a tall or square one, in the middle of a
    round one. `spacious` gives words more room where there is little."""
    if shape == "round":
        return _circle(width, height, spacious)
    return _wide(width, height) if width >= 1.2 * height else _tall(width, height)


def face_side(width: int, height: int, shape: Shape = "rectangle") -> int:
    """Pixels at which a face is shown on a screen: to draw it at once in that size."""
    return layout(width, height, shape).picture


def _wide(width: int, height: int) -> Layout:
    letter = _letter(width, height)
    margin = round(letter * 0.9)
    row = round(letter * 2.7)
    caption_height = round(_caption_letter(letter) * 2.8)
    side = min(height - 2 * margin - caption_height, round(width * 0.52))
    top = (height - side - caption_height) // 2
    left, split = margin, margin + side
    column = (split + round(1.3 * margin), width - margin)
    return Layout(
        letter,
        (left, top, split, top + side),
        (left, top + side, split, top + side + caption_height),
        (column[0], top, column[1], top + row),
        (column[0], top + row + margin // 2, column[1], height - margin),
    )


def _tall(width: int, height: int) -> Layout:
    letter = _letter(width, height)
    margin = round(letter * 0.9)
    row = round(letter * 2.1)
    small = _caption_letter(letter)
    caption_height = round(small * (1.5 if width - 2 * margin >= 23 * small else 2.8))
    words_height = max(round(height * 0.24), round(5.8 * letter))
    side = min(
        width - 2 * margin, height - 2 * margin - row - caption_height - words_height - margin
    )
    left = (width - side) // 2
    top = margin + row + margin // 3
    below = top + side
    return Layout(
        letter,
        (left, top, left + side, below),
        (margin, below, width - margin, below + caption_height),
        (margin, margin, width - margin, margin + row),
        (margin, below + caption_height + margin // 2, width - margin, height - margin),
    )


def _circle(width: int, height: int, spacious: bool) -> Layout:
    """Everything within the largest circle of the screen."""
    across = min(width, height)
    left, top = (width - across) // 2, (height - across) // 2

    def box(half: float, upper: float, lower: float) -> Box:
        """In the middle; half its width, top and bottom as shares of the circle's width."""
        return (
            left + round(across * (0.5 - half)),
            top + round(across * upper),
            left + round(across * (0.5 + half)),
            top + round(across * lower),
        )

    face = 0.36 if spacious else 0.575
    face_top = 0.04 if not spacious else 0.05
    below = face_top + face
    side = round(across * face)
    corner = (left + (across - side) // 2, top + round(across * face_top))
    return Layout(
        max(10.0, across * 0.055),
        (*corner, corner[0] + side, corner[1] + side),
        box(0.32, 0.825, 0.94),
        box(0.36, below + 0.015, below + 0.09),
        box(0.42 if spacious else 0.40, below + 0.10, 0.82),
        round=True,
    )


def _letter(width: int, height: int) -> float:
    return max(11.0, min(width, height) * 0.042)


def _caption_letter(letter: float) -> float:
    return max(11.0, 0.85 * letter)
