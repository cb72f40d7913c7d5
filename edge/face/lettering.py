"""Lines of text and bars in a box: broken into rows, and smaller until they fit."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from PIL import Image, ImageDraw

from edge.display.letters import BUILT_IN, GLUE, Letters

Box = tuple[int, int, int, int]
"""left, top, right, bottom"""

TRACK = "#1b222c"
"""the part of a bar that is not filled"""


@dataclass(frozen=True)
class Text:
    """Words of one size and colour."""

    text: str
    size: float
    colour: str
    optional: bool = False
    """left out where there is no room"""
    gap: float = 0.0
    """free pixels above"""


@dataclass(frozen=True)
class Bar:
    """How sure: a bar of full width, filled from `low` to `high` (0 to 1)."""

    low: float
    high: float
    size: float
    colour: str
    optional: bool = True
    gap: float = 0.0


Item = Text | Bar


def write(
    draw: ImageDraw.ImageDraw,
    box: Box,
    items: list[Item],
    centred: bool,
    letters: Letters = BUILT_IN,
) -> None:
    """Write the items into the box: smaller, and then without the optional ones, until they fit."""
    width, room = box[2] - box[0], box[3] - box[1]
    choices = [(0, 1.3), (0, 1.15), (0, 1.0), (0, 0.85), (1, 1.0), (1, 0.85), (1, 0.7), (1, 0.55)]
    if centred:
        choices, width = [(0, 1.0), (0, 0.85), (0, 0.75)], _balanced(items, width, letters)
    for leave_out, scale in choices:
        kept = [item for item in items if not (leave_out and item.optional)]
        rows = [row for item in kept for row in _rows(_scaled(item, scale), width, letters)]
        if sum(_height(row) for row in rows) <= room:
            break
    y = float(box[1])
    for row in rows:
        bottom = y + _height(row)
        if bottom > box[3] + 1:  # more than any size of letters can hold: the rest is cut off
            return
        if isinstance(row, Bar):
            _draw_bar(draw, row, (box[0], round(bottom - row.size), box[2], round(bottom)))
        else:
            x, anchor = ((box[0] + box[2]) / 2, "ms") if centred else (box[0], "ls")
            baseline = bottom - 0.3 * row.size
            mask, right, down = _stamp(row.text, round(row.size), anchor, letters)
            draw.bitmap((round(x) + right, round(baseline) + down), mask, row.colour)
        y = bottom


@lru_cache(maxsize=256)
def _stamp(text: str, size: int, anchor: str, letters: Letters) -> tuple[Image.Image, int, int]:
    """A row of letters as a mask, and where it lies from its anchor. Drawing letters is what a
    frame of a moving face would spend most of its time on."""
    made = letters.font(size)
    box = [round(side) for side in made.getbbox(text, anchor=anchor)]
    left, top = box[0] - 1, box[1] - 1
    mask = Image.new("L", (box[2] - left + 1, box[3] - top + 1))
    ImageDraw.Draw(mask).text((-left, -top), text, 255, made, anchor)
    return mask, left, top


def _draw_bar(draw: ImageDraw.ImageDraw, bar: Bar, box: Box) -> None:
    width, radius = box[2] - box[0], (box[3] - box[1]) / 2
    draw.rounded_rectangle(box, radius, TRACK)
    left = box[0] + bar.low * width
    right = max(box[0] + bar.high * width, left + 2 * radius)
    draw.rounded_rectangle((left, box[1], right, box[3]), radius, bar.colour)


def _scaled(item: Item, scale: float) -> Item:
    smallest = 10.0 if isinstance(item, Text) else 0.0
    return replace(item, size=max(smallest, item.size * scale), gap=item.gap * scale)


def _height(item: Item) -> float:
    return item.gap + item.size * (1.3 if isinstance(item, Text) else 1.0)


def _balanced(items: list[Item], width: int, letters: Letters) -> int:
    """The least width that needs no more rows than `width`: rows of about one length."""
    rows = sum(len(_rows(item, width, letters)) for item in items)
    while (narrower := round(width * 0.95)) < width:
        if sum(len(_rows(item, narrower, letters)) for item in items) > rows:
            break
        width = narrower
    return width


def _rows(item: Item, width: int, letters: Letters) -> list[Item]:
    """The item broken into rows that are no wider than `width` pixels."""
    if isinstance(item, Bar):
        return [item]
    return [
        replace(item, text=row.replace(GLUE, " "), gap=0.0 if index else item.gap)
        for index, row in enumerate(_broken(item.text, round(item.size), width, letters))
    ]


@lru_cache(maxsize=512)
def _broken(text: str, size: int, width: int, letters: Letters) -> tuple[str, ...]:
    """The rows of a text. Measuring letters is most of what a frame costs, and most texts stay the
    same from frame to frame."""
    font = letters.font(size)
    rows: list[str] = []
    for gap, piece in _pieces(letters.printable(text)):
        if rows and font.getlength(f"{rows[-1]}{gap}{piece}") <= width:
            rows[-1] += gap + piece
            continue
        rows.append(piece)
        while font.getlength(rows[-1]) > width and len(rows[-1]) > 1:  # a path, an address
            fits = max(1, int(len(rows[-1]) * width / font.getlength(rows[-1])))
            rows[-1:] = [rows[-1][:fits], rows[-1][fits:]]
    return tuple(rows)


_OPENING, _CLOSING = "（《「", "，。、：；！？）》」"
_IDEOGRAPHS = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_PIECE = re.compile(rf"[{_OPENING}]*(?:[{_IDEOGRAPHS}]|[^{_IDEOGRAPHS}]+)[{_CLOSING}]*")


def _pieces(text: str) -> list[tuple[str, str]]:
    """What a row may end after, each with what stands before it in a row: words, and in Chinese
    every sign, but for those that do not begin or end a row."""
    pieces: list[tuple[str, str]] = []
    for word in text.split(" "):
        parts = _PIECE.findall(word) or [word]
        pieces += [(" ", parts[0]), *(("", part) for part in parts[1:])]
    return pieces
