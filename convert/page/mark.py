"""A value to be drawn, with its interval."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """A value with its interval, where it has one."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    note: str = ""
    few: bool = False
    """drawn paler: it rests on few cases"""
