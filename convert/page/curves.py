"""Curves over named steps, with the band of their intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from convert.page.mark import Mark
from convert.page.svg import box, dot, drawing, line, polygon, polyline, text, ticks

SERIES = ("accent", "other")
"""style classes of the first and the second series"""


def curves(
    series: Sequence[tuple[str, Sequence[Mark]]],
    label: str,
    show: Callable[[float], str],
    limits: tuple[float, float] | None = None,
) -> str:
    """Values over named steps, each with the band of its intervals. The first series names the
    steps; `limits` bound the axis, which otherwise fits the bands. What rests on few cases stands
    apart from the line, with a whisker, and the axis may cut the whisker."""
    names = [mark.name for mark in series[0][1]]
    every = [mark for _, marks in series for mark in marks]
    sure = [mark for mark in every if not mark.few] or every
    ends = [end for m in sure for end in (m.value, m.low, m.high) if end is not None]
    ends += [mark.value for mark in every]
    low, high = min(ends), max(ends)
    axis = ticks(low, high, 4)
    if limits:
        axis = [tick for tick in axis if limits[0] - 1e-9 <= tick <= limits[1] + 1e-9] or [*limits]
    left, top, width, height = 44.0, 14.0 + 18 * len(series), 260.0, 150.0
    bottom, top_value = min(axis[0], low), max(axis[-1], high)

    def at(place: float, value: float) -> tuple[float, float]:
        step = width / max(len(names), 1)
        share = (min(max(value, bottom), top_value) - bottom) / max(top_value - bottom, 1e-9)
        return left + (place + 0.5) * step, top + (1 - share) * height

    shapes = []
    for tick in axis:
        y = at(0, tick)[1]
        shapes += [line(left, y, left + width, y), text(left - 6, y + 4, show(tick), "end")]
    shapes += [
        text(at(place, bottom)[0], top + height + 18, name, "middle", "strong")
        for place, name in enumerate(names)
    ]
    for i, ((name, marks), kind) in enumerate(zip(series, SERIES, strict=False)):
        placed = [(names.index(mark.name), mark) for mark in marks if mark.name in names]
        bands = [
            (place, mark.low, mark.high)
            for place, mark in placed
            if mark.low is not None and mark.high is not None and not mark.few
        ]
        outline = [at(p, h) for p, _, h in bands] + [at(p, lo) for p, lo, _ in reversed(bands)]
        shapes.append(polygon(outline, f"{kind} band"))
        shapes.append(polyline([at(p, m.value) for p, m in placed if not m.few], f"line-{kind}"))
        for place, mark in placed:
            if mark.few and mark.low is not None and mark.high is not None:
                shapes.append(line(*at(place, mark.low), *at(place, mark.high), "whisker few"))
            shade = f"{kind} few" if mark.few else kind
            tip = f"{mark.name}: {show(mark.value)} {mark.note}"
            shapes.append(dot(*at(place, mark.value), 4, shade, tip))
        y = 4.0 + 18 * i
        shapes += [box(left, y, 12, 12, kind), text(left + 17, y + 10, name)]
    return drawing(left + width + 10, top + height + 26, label, shapes)
