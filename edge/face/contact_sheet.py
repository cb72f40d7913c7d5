"""Several faces in one picture, each with its name, for people to compare."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

from edge.display.letters import BUILT_IN
from edge.face.lettering import Text, write
from edge.scene import CAPTION

THUMBNAIL = 240
"""pixels of one face"""
MOST_COLUMNS = 6
_GAP, _NAME, _CAPTION = 14, 26, 30
_PAPER, _INK, _QUIET = "#f4f1ec", "#3a3632", "#7a736a"


def contact_sheet(faces: Sequence[tuple[str, Image.Image]]) -> Image.Image:
    """Names and square RGB pictures of `THUMBNAIL` pixels, one or more, row by row, RGB."""
    columns = min(MOST_COLUMNS, math.ceil(math.sqrt(len(faces) * 1.5)))
    rows = math.ceil(len(faces) / columns)
    across, down = THUMBNAIL + _GAP, THUMBNAIL + _NAME + _GAP
    caption = _CAPTION * (1 if columns > 1 else 2)
    size = (columns * across + _GAP, rows * down + _GAP + caption)
    sheet = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, (name, face) in enumerate(faces):
        left, top = _GAP + number % columns * across, _GAP + number // columns * down
        sheet.paste(face, (left, top))
        below = top + THUMBNAIL
        draw.text((left, below + 4), _short(name), _INK, BUILT_IN.font(16))
    box = (_GAP, size[1] - caption - _GAP // 2, size[0] - _GAP, size[1] - _GAP // 2)
    write(draw, box, [Text(CAPTION, 16.0, _QUIET)], centred=True)
    return sheet


def thumbnail(face: Image.Image) -> Image.Image:
    """A square face in the size of the sheet, RGB."""
    return face.convert("RGB").resize((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)


def _short(name: str) -> str:
    """The name as far as there is room, in signs that can be drawn."""
    font = BUILT_IN.font(16)
    whole = BUILT_IN.printable(name.encode("utf-8", "replace").decode())
    shown = whole
    while font.getlength(shown) > THUMBNAIL and len(shown) > 4:
        shown = shown[:-4] + "..."
    return shown
