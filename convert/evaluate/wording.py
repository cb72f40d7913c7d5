"""How numbers are shown: what they are called, and whether they are shares or amounts."""

from __future__ import annotations

from convert.evaluate.intervals import Measured

SHARES = frozenset({"forced", "answered", "right", "majority", "within_10", "holds"})
SHOWN = {
    "choice": ("forced", "answered", "right", "majority"),
    "quantity": (
        "error",
        "holds",
        "answered",
        "baseline_error",
        "error_to_middle",
        "within_10",
        "width",
    ),
}
"""measures of each kind of attribute, the most telling first"""
TITLES = {
    "forced": "right when forced",
    "answered": "answered",
    "right": "right when answered",
    "majority": "always the commonest",
    "error": "error",
    "baseline_error": "error of the median",
    "error_to_middle": "error to the middle",
    "within_10": "within ±10",
    "holds": "interval holds",
    "width": "interval width",
}


def value(measure: str, number: float | None) -> str:
    """A number in words: a share in per cent, an amount with one digit."""
    if number is None:
        return "–"
    return f"{number:.1%}" if measure in SHARES else f"{number:.1f}"


def shown(measure: str, measured: Measured) -> tuple[str, str]:
    """Value and interval."""
    if measured.low is None or measured.high is None:
        return value(measure, measured.value), "–"
    low, high = value(measure, measured.low), value(measure, measured.high)
    return value(measure, measured.value), f"{low.rstrip('%')} – {high}"
