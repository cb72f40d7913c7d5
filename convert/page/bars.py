"""Bars with intervals, one a group."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from convert.page.mark import Mark
from convert.page.svg import CHARACTER, box, drawing, line, shorten, text

LONGEST = 18
"""characters of a label"""


def bars(
    marks: Sequence[Mark],
    label: str,
    show: Callable[[float], str],
    top: float | None = None,
    line_at: float | None = None,
) -> str:
    """Bars from 0 with whiskers, one a group; `top` ends the axis, `line_at` marks the whole."""
    names = [shorten(mark.name, LONGEST) for mark in marks]
    left = 10 + CHARACTER * max((len(name) for name in names), default=0)
    width, step = 130.0, 25.0
    highest = top or max((m.high or m.value for m in marks), default=1.0) or 1.0
    height = step * len(marks)

    def at(value: float) -> float:
        return left + width * min(max(value / highest, 0), 1)

    shapes = [line(left, 0, left, height, "axis")]
    for i, (mark, name) in enumerate(zip(marks, names, strict=True)):
        y, kind = i * step, "accent few" if mark.few else "accent"
        shapes.append(text(left - 8, y + 16, name, "end", "strong"))
        shapes.append(box(left, y + 5, at(mark.value) - left, 14, kind, 0.75, mark.note))
        if mark.low is not None and mark.high is not None:
            shapes.append(line(at(mark.low), y + 12, at(mark.high), y + 12, "whisker"))
            shapes += [line(at(e), y + 8, at(e), y + 16, "whisker") for e in (mark.low, mark.high)]
        shapes.append(text(left + width + 12, y + 16, f"{show(mark.value)}  {mark.note}"))
    if line_at is not None:
        shapes.append(line(at(line_at), 0, at(line_at), height, "dashed"))
    notes = max((len(f"{show(m.value)}  {m.note}") for m in marks), default=0)
    return drawing(left + width + 20 + CHARACTER * notes, height + 2, label, shapes)
