"""A table of people: which sound, who spoke, and what is known about them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from convert.recipe import LabelsRecipe
from edge.errors import UsageError

DECADES = {
    "teens": (13.0, 20.0),
    "twenties": (20.0, 30.0),
    "thirties": (30.0, 40.0),
    "forties": (40.0, 50.0),
    "fourties": (40.0, 50.0),  # as Common Voice spells it
    "fifties": (50.0, 60.0),
    "sixties": (60.0, 70.0),
    "seventies": (70.0, 80.0),
    "eighties": (80.0, 90.0),
    "nineties": (90.0, 100.0),
}
"""ages in words, as (from, below) in years"""
SHOWN = 5
"""unknown labels that an error names"""


@dataclass(frozen=True)
class Labelled:
    """A sound with what is known about its speaker."""

    sound: Path
    speaker: str
    label: str
    """as it stands in the table, without spaces around it"""


@dataclass(frozen=True)
class LabelTable:
    """The rows of a table that have a label."""

    rows: tuple[Labelled, ...]
    unlabelled: int
    """rows that were left out because their label is empty"""


def read_labels(recipe: LabelsRecipe, folder: Path) -> LabelTable:
    """Read a CSV with a header; its path is relative to `folder`, its sounds to itself.

    Raises UsageError that names file, line and column.
    """
    path = folder / recipe.file
    rows: list[Labelled] = []
    unlabelled = 0
    lines: dict[Path, int] = {}
    for line, cells in _records(path, (recipe.sound, recipe.speaker, recipe.column)):
        label = cells[recipe.column]
        if not label:
            unlabelled += 1
            continue
        for column in (recipe.sound, recipe.speaker):
            if not cells[column]:
                raise _wrong(path, line, f"the column '{column}' is empty")
        sound = path.parent / cells[recipe.sound]
        if not sound.is_file():
            raise _wrong(path, line, f"the column '{recipe.sound}' names {sound}, which is no file")
        if sound in lines:
            raise _wrong(path, line, f"{sound} has a label already, in line {lines[sound]}")
        lines[sound] = line
        rows.append(Labelled(sound, cells[recipe.speaker], label))
    if not rows:
        raise UsageError(f"{path}: the column '{recipe.column}' is empty in every row.")
    return LabelTable(tuple(rows), unlabelled)


def class_indices(labels: Sequence[str], classes: Sequence[str]) -> npt.NDArray[np.int64]:
    """Places in `classes`, `(n,) int64`. Raises UsageError for labels that are not among them."""
    unknown = Counter(label for label in labels if label not in classes)
    if unknown:
        listed = ", ".join(f"'{label}' ({n})" for label, n in unknown.most_common(SHOWN))
        more = f" and {len(unknown) - SHOWN} others" if len(unknown) > SHOWN else ""
        raise UsageError(
            f"These labels are not among the classes {', '.join(classes)}: {listed}{more}. "
            "Add them to `classes`, or leave their cells empty."
        )
    return np.array([classes.index(label) for label in labels], np.int64)


def spans(labels: Sequence[str]) -> npt.NDArray[np.float64]:
    """What each label says of a quantity, `(n, 2) float64`: the value lies in [from, below).

    A whole number means that many complete units, as ages are told: 6 is [6, 7). A decimal number
    means itself. A decade is a word such as `twenties`. Raises UsageError for anything else.
    """
    return np.array([_span(label) for label in labels], np.float64).reshape(-1, 2)


def _span(label: str) -> tuple[float, float]:
    if label.lower() in DECADES:
        return DECADES[label.lower()]
    try:
        value = float(label)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise UsageError(
            f"The label '{label}' is no number and no decade such as 'twenties'. Correct it, or "
            "leave its cell empty."
        )
    return (value, value + 1) if label.lstrip("+-").isdigit() else (value, value)


def _records(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and the wanted cells of each row."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip() for name in next(reader, [])]
            places = _places(path, header, columns)
            for cells in reader:
                if not cells:
                    continue
                if len(cells) != len(header):
                    raise _wrong(
                        path,
                        reader.line_num,
                        f"there are {len(cells)} cells, but the header has {len(header)}",
                    )
                yield reader.line_num, {name: cells[at].strip() for name, at in places.items()}
    except OSError as error:
        raise UsageError(f"The labels {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"The labels {path} are not UTF-8: {error.reason}.") from error
    except csv.Error as error:
        raise _wrong(path, reader.line_num, f"this is no CSV ({error})") from error


def _places(path: Path, header: list[str], columns: tuple[str, ...]) -> dict[str, int]:
    for name in columns:
        if header.count(name) != 1:
            how = "no column" if name not in header else "more than one column"
            raise _wrong(path, 1, f"there is {how} '{name}'. Found: {', '.join(header) or 'none'}")
    return {name: header.index(name) for name in columns}


def _wrong(path: Path, line: int, what: str) -> UsageError:
    return UsageError(f"{path}, line {line}: {what}.")
