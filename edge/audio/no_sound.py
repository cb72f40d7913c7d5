"""What a source says while it has no sound to give."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NoSound:
    """From now on nothing is heard. The next block says that sound comes again."""

    reason: str
    """what is wrong and what to do, in whole sentences"""
