"""A face as a picture of its own: enlarged, with the caption that says it is imagined."""

from __future__ import annotations

from PIL import Image, ImageDraw

from edge.display.letters import BUILT_IN
from edge.face.lettering import Text, write
from edge.scene import CAPTION

SIDE = 512
"""pixels of the enlarged face"""
_STRIP = 0.07
"""height of the caption's strip, as a share of the picture's width"""
_SMALLEST = 11.0
"""pixels of the smallest letters"""
_PAPER, _INK = "#f4f1ec", "#3a3632"


def captioned(face: Image.Image, side: int = SIDE) -> Image.Image:
    """The square `face` at `side` pixels above a strip with the caption, RGB."""
    letter = max(_SMALLEST, side / 30)
    margin = round(side / 40)
    room = side - 2 * margin
    rows = -(-BUILT_IN.font(round(letter)).getlength(CAPTION) // max(1, room))
    strip = max(round(side * _STRIP), round((rows + (rows > 1)) * 1.3 * letter + 4))
    picture = Image.new("RGB", (side, side + strip), _PAPER)
    if face.size != (side, side):
        face = face.resize((side, side), Image.Resampling.LANCZOS)
    picture.paste(face, (0, 0))
    above = (strip - round(rows * 1.3 * letter)) // 2
    box = (margin, side + above, side - margin, side + strip)
    write(ImageDraw.Draw(picture), box, [Text(CAPTION, letter, _INK)], centred=True)
    return picture
