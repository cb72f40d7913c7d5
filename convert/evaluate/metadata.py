"""The table of sounds and what is known about their speakers."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from edge.errors import UsageError

FILE, SPEAKER = "file", "speaker"
GROUPS = ("gender", "age", "ethnicity", "accent", "condition")
"""columns that errors are broken down by, where the table has them"""
_GENDERS = {
    "f": "female",
    "woman": "female",
    "w": "female",
    "m": "male",
    "man": "male",
}


class LeftOut(msgspec.Struct, frozen=True):
    """A row of the table, or a reference, that is not in the numbers."""

    file: str
    reason: str


@dataclass(frozen=True)
class Sound:
    """One row of the table."""

    file: str
    """as the table has it"""
    path: Path
    speaker: str
    labels: Mapping[str, str] = field(default_factory=dict)
    """column → value; empty ones are left out"""


@dataclass(frozen=True)
class Metadata:
    """The whole table."""

    sounds: tuple[Sound, ...]
    columns: tuple[str, ...]
    """labels that the table has a column for, by the names used here"""
    has_speakers: bool
    """without a column of speakers every sound counts as a speaker of its own"""
    rows: int
    left_out: tuple[LeftOut, ...]
    sha256: str


def read_metadata(
    path: Path,
    root: Path,
    attributes: Sequence[str],
    columns: Mapping[str, str],
    values: Mapping[tuple[str, str], str],
) -> Metadata:
    """Read the CSV (comma, semicolon or tab; UTF-8).

    `attributes` are columns wanted beside GROUPS. `columns` maps names used here to those in the
    table; `values` maps (column, value in lower case) to the value meant. Raises UsageError.
    """
    content, text = _read(path)
    reader = csv.DictReader(io.StringIO(text), delimiter=_delimiter(text))
    header = [name.strip() for name in reader.fieldnames or ()]
    reader.fieldnames = header
    wanted = {name: name for name in (FILE, SPEAKER, *GROUPS, *attributes)}
    names = {**wanted, **columns}
    for name, column in columns.items():
        if name not in wanted:
            raise UsageError(
                f"--column {name}={column}: there is no use for '{name}'. "
                f"Known: {', '.join(wanted)}."
            )
        if column not in header:
            raise UsageError(f"{path} has no column '{column}'. It has: {_listed(header)}.")
    if names[FILE] not in header:
        raise UsageError(
            f"{path} has no column '{FILE}' with the sounds. It has: {_listed(header)}. "
            f"Name another with --column {FILE}=NAME."
        )
    labels = {
        name: column
        for name, column in names.items()
        if column in header and name not in (FILE, SPEAKER)
    }
    has_speakers = names[SPEAKER] in header
    sounds: dict[str, Sound] = {}
    left_out: list[LeftOut] = []
    rows = 0
    try:
        for row in reader:
            rows += 1
            file = (row[names[FILE]] or "").strip()
            line = f"line {reader.line_num}"
            if not file or file in sounds:
                reason = f"{line} names it again" if file else "no file is named"
                left_out.append(LeftOut(file or line, reason))
                continue
            speaker = (row[names[SPEAKER]] or "").strip() if has_speakers else ""
            known = {
                name: _meant(name, (row[column] or "").strip(), values)
                for name, column in labels.items()
            }
            known = {name: value for name, value in known.items() if value}
            sounds[file] = Sound(file, root / file, speaker or f"speaker of {file}", known)
    except csv.Error as error:
        raise UsageError(f"{path} is not a table: {error}. Save it as CSV.") from error
    if not sounds:
        raise UsageError(f"{path} names no sound: it has {rows} rows. Add some to be measured.")
    return Metadata(
        tuple(sounds.values()),
        tuple(labels),
        has_speakers,
        rows,
        tuple(left_out),
        hashlib.sha256(content).hexdigest(),
    )


def _read(path: Path) -> tuple[bytes, str]:
    try:
        content = path.read_bytes()
        return content, content.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"The table {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"The table {path} is not text in UTF-8: {error.reason}.") from error


def _delimiter(text: str) -> str:
    """Spreadsheets write semicolons or tabs too: the sign that the header has most of."""
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)


def _listed(header: Sequence[str]) -> str:
    return ", ".join(header) or "none"


def _meant(column: str, value: str, values: Mapping[tuple[str, str], str]) -> str:
    lower = value.lower()
    if (column, lower) in values:
        return values[column, lower]
    return _GENDERS.get(lower, lower) if column == "gender" else value
