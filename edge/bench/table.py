"""The table that people paste into forums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edge.bench.bench import Measured
from edge.bench.row import Row
from edge.machine import Machine

_HEADINGS = ("", "ms per s of speech", "of a core", "face, frames/s", "MB", "mJ per s")


def lines(machine: Machine, bundle: str, measured: Sequence[Measured]) -> Iterator[str]:
    """Line by line."""
    yield f"{bundle} on {machine}"
    yield ""
    cells = [_HEADINGS, *(row for each in measured for row in _rows(each))]
    energy = any(row[-1] for row in cells[1:])
    widths = [max(len(row[i]) for row in cells) for i in range(len(_HEADINGS) - (not energy))]
    for number, row in enumerate(cells):
        first, *numbers = zip(row, widths, strict=False)
        yield "  ".join([first[0].ljust(first[1]), *(n.rjust(w) for n, w in numbers)]).rstrip()
        if number == 0:
            yield "-" * (sum(widths) + 2 * (len(widths) - 1))
    for each in measured:
        if each.problem:
            yield f"{each.name}: {each.problem}"
        if each.rows and (problem := each.rows[0].problem):
            yield f"{each.name}: ran on the CPU, since {problem}."


def _rows(measured: Measured) -> Iterator[tuple[str, ...]]:
    if not measured.rows:
        return
    first = measured.rows[0]
    if first.stage == "front_end":
        yield (f"front end {first.model}", *_voice(first), "", _mb(first), _mj(first))
        return
    faces = [row for row in measured.rows if row.stage == "face"]
    name = str(measured.way)
    if not faces:  # somebody else's way
        name = f"{first.model}: {first.runtime}"
    frames = f"{faces[0].frames_per_s:.0f}" if faces else ""
    yield (name, *_voice(first), frames, _mb(measured.rows[-1]), _mj(first))


def _voice(row: Row) -> tuple[str, str]:
    return f"{row.ms:.2f}", f"{row.share_of_core:.2%}"


def _mb(row: Row) -> str:
    return f"{row.memory_mb:.0f}" if row.memory_mb else ""


def _mj(row: Row) -> str:
    return f"{row.energy_mj:.1f}" if row.energy_mj else ""
