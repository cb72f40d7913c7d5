"""Reliability diagrams: what was claimed against what came true."""

from __future__ import annotations

from collections.abc import Sequence

from convert.page.mark import Mark
from convert.page.svg import dot, drawing, line, polyline, text


def calibration_curve(points: Sequence[tuple[float, Mark]], label: str, claim: str) -> str:
    """What came true over what was claimed, both 0…1; on the dashed line they are equal."""
    side, left, top = 180.0, 40.0, 12.0

    def at(x: float, y: float) -> tuple[float, float]:
        return left + x * side, top + (1 - y) * side

    shapes = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        shapes += [line(*at(0, tick), *at(1, tick)), line(*at(tick, 0), *at(tick, 1))]
        shapes.append(text(left - 6, at(0, tick)[1] + 4, f"{tick:.0%}", "end") if tick else "")
        shapes.append(text(at(tick, 0)[0], top + side + 15, f"{tick:.0%}", "middle"))
    shapes.append(line(*at(0, 0), *at(1, 1), "dashed"))
    shapes.append(polyline([at(x, mark.value) for x, mark in points], "line-accent"))
    for x, mark in points:
        if mark.low is not None and mark.high is not None:
            shapes.append(line(*at(x, mark.low), *at(x, mark.high), "whisker"))
        tip = f"claimed {x:.0%}, came true {mark.value:.0%} {mark.note}"
        shapes.append(dot(*at(x, mark.value), 4, "accent few" if mark.few else "accent", tip))
    shapes.append(text(left + side / 2, top + side + 32, claim, "middle"))
    return drawing(left + side + 16, top + side + 38, label, shapes)
