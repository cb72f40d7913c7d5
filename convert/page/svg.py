"""The few shapes that plots are made of. Colours are classes of the page's style."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

CHARACTER = 7.2
"""pixels, at most about, of a character of the plots' 12 px type"""


def drawing(width: float, height: float, label: str, shapes: Iterable[str]) -> str:
    """A plot; `label` is what a screen reader says."""
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="{escape(label)}">{"".join(shapes)}</svg>'
    )


def text(x: float, y: float, words: str, anchor: str = "start", kind: str = "") -> str:
    """`anchor`: start, middle or end."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">'
        f"{escape(words)}</text>"
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str = "grid") -> str:
    """A straight line; `kind`: grid, axis, whisker or dashed."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def box(
    x: float, y: float, width: float, height: float, kind: str, opacity: float = 1, tip: str = ""
) -> str:
    """A rectangle; `tip` shows under the pointer."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'class="{kind}" fill-opacity="{opacity:.3f}">{_tip(tip)}</rect>'
    )


def dot(x: float, y: float, radius: float, kind: str, tip: str = "") -> str:
    """A filled circle; `tip` shows under the pointer."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" class="{kind}">{_tip(tip)}</circle>'


def polygon(points: Sequence[tuple[float, float]], kind: str) -> str:
    """A filled area."""
    return f'<polygon points="{_points(points)}" class="{kind}"/>'


def polyline(points: Sequence[tuple[float, float]], kind: str) -> str:
    """A line through points."""
    return f'<polyline points="{_points(points)}" class="{kind}"/>'


def shorten(words: str, most: int) -> str:
    """At most so many characters."""
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, about `most` of them."""
    span = max(high - low, 1e-9)
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * n for n in (1, 2, 5, 10) if power * n * most >= span)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * i, 10) for i in range(first, max(last, first + 1) + 1)]


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _tip(words: str) -> str:
    return f"<title>{escape(words)}</title>" if words else ""
