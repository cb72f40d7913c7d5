"""Corpora of openly licensed speech, and what their speakers declared about themselves.

Each corpus is a folder with a `metadata.csv` (file, speaker, gender, age, accent) and the sound
files that it names.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from edge.errors import UsageError

CORPORA = ("commonvoice_61", "commonvoice_v1", "librispeech", "speechocean762")

WITHOUT_SPEAKERS = ("commonvoice_v1",)
"""Corpora whose clips carry no speaker ids: the speaker column only repeats the clip."""

DECADES = {
    "teens": (13.0, 20.0),
    "twenties": (20.0, 30.0),
    "thirties": (30.0, 40.0),
    "fourties": (40.0, 50.0),
    "fifties": (50.0, 60.0),
    "sixties": (60.0, 70.0),
    "seventies": (70.0, 80.0),
    "eighties": (80.0, 90.0),
    "nineties": (90.0, 100.0),
}
"""Common Voice's age groups, in its own spelling, as (from, below) in years."""


@dataclass(frozen=True)
class Recording:
    """One sound file and what is declared about its speaker."""

    corpus: str
    file: str
    """path within the corpus folder"""
    speaker: str
    gender: str
    """"female", "male", "other", or "" where nothing is declared"""
    age: tuple[float, float] | None
    """the speaker's age lies in [from, below), years"""
    accent: str


def read_corpora(data: Path) -> list[Recording]:
    """Every recording of the corpora found in `data`. Raises UsageError where there are none."""
    recordings = [
        Recording(
            corpus, row["file"], row["speaker"], row["gender"], _age(row["age"]), row["accent"]
        )
        for corpus in CORPORA
        if (data / corpus / "metadata.csv").is_file()
        for row in csv.DictReader((data / corpus / "metadata.csv").open(encoding="utf-8"))
    ]
    if not recordings:
        raise UsageError(
            f"No speech corpus was found in {data}. "
            f"It should hold at least one of the folders {', '.join(CORPORA)}."
        )
    return recordings


def _age(declared: str) -> tuple[float, float] | None:
    if declared in DECADES:
        return DECADES[declared]
    if declared.isdigit():
        return float(declared), float(declared) + 1
    return None
