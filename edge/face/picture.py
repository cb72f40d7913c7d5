"""A face as a picture of its own: enlarged, with the caption that says it is imagined."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

from edge.scene import CAPTION

SIDE = 512
"""pixels of the enlarged face"""
_STRIP = 36
_PAPER, _INK = "#f4f1ec", "#3a3632"


def captioned(face: Image.Image, side: int = SIDE) -> Image.Image:
    """The square `face` at `side` pixels above a strip with the caption, RGB."""
    picture = Image.new("RGB", (side, side + _STRIP), _PAPER)
    picture.paste(face.resize((side, side), Image.Resampling.LANCZOS), (0, 0))
    ImageDraw.Draw(picture).text(
        (side / 2, side + _STRIP / 2),
        CAPTION,
        fill=_INK,
        font=ImageFont.load_default(round(side / 30)),
        anchor="mm",
    )
    return picture
