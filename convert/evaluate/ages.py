"""Ages as people write them down: years, decades in words or figures, ranges."""

from __future__ import annotations

import re

from convert.reference.voice.corpora import DECADES

Span = tuple[float, float]
"""[from, below): the value lies in it"""

ADULT_FROM = 18.0
"""years"""

_WORDS = {**DECADES, "forties": DECADES["fourties"]}
_DECADE = re.compile(r"(\d?\d)0'?s")
_RANGE = re.compile(r"(\d{1,3}) ?[-–] ?(\d{1,3})")


def age_span(written: str) -> Span | None:
    """Where the value lies, or None for words that are not understood.

    A whole number is a year that is not over: 25 is [25, 26). A number with decimals is taken to
    a tenth. Decades may be "twenties", "20s" or "20-29"; "teens" begin at 13.
    """
    text = written.strip().lower()
    if text in _WORDS:
        return _WORDS[text]
    if decade := _DECADE.fullmatch(text):
        return float(decade[1]) * 10, float(decade[1]) * 10 + 10
    if both := _RANGE.fullmatch(text):
        low, high = float(both[1]), float(both[2])
        return (low, high + 1) if low <= high else None
    if not re.fullmatch(r"\d{1,3}(\.\d+)?", text):
        return None
    value = float(text)
    return (value, value + 1) if value.is_integer() else (value - 0.05, value + 0.05)


def is_adult(span: Span | None) -> bool:
    """Whether nothing says that this may be a minor: by age, or by no age being given."""
    return span is None or span[0] >= ADULT_FROM


def is_minor(span: Span | None) -> bool:
    """Whether the age says that this is a minor."""
    return span is not None and span[1] <= ADULT_FROM


def ten(value: float) -> str:
    """The ten that a value lies in: 25 → "20–29"."""
    start = int(value // 10) * 10
    return f"{start}–{start + 9}"


def middle(span: Span) -> float:
    """The middle of a span."""
    return (span[0] + span[1]) / 2
