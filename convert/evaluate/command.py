"""`s2f-convert evaluate`: a bundle on its owner's own data."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.errors import UsageError

if TYPE_CHECKING:
    from convert.evaluate.results import Report

TEXT = "Measure a bundle on your own recordings; writes report.json and report.html."


def add_command(commands: Any) -> None:
    """Add `evaluate` to the subparsers of `s2f-convert`."""
    parser = commands.add_parser("evaluate", help=TEXT, description=TEXT)
    parser.add_argument("bundle", type=Path, help="folder or zip")
    parser.add_argument(
        "--metadata",
        type=Path,
        required=True,
        metavar="CSV",
        help="file, speaker, gender, age, ethnicity, accent, condition, as far as they are known",
    )
    parser.add_argument("--root", type=Path, metavar="DIR", help="of the sounds; else the CSV's")
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="NAME=COLUMN",
        help="what a column is called in the CSV, e.g. gender=sex",
    )
    parser.add_argument(
        "--value",
        action="append",
        default=[],
        metavar="NAME:VALUE=MEANING",
        help="what a value means, e.g. ethnicity:w=white",
    )
    parser.add_argument(
        "--faces", type=Path, metavar="DIR", help="landmarks or pictures, called like the sounds"
    )
    parser.add_argument(
        "--features",
        type=Path,
        metavar="NPZ",
        help="reference face features: name (or file), feature",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="REPORT", help="folder")
    parser.add_argument("--strict", action="store_true", help="fail when a file cannot be read")
    parser.add_argument(
        "--smallest-group",
        type=int,
        default=10,
        metavar="N",
        help="speakers below which a group is merged or flagged",
    )
    parser.add_argument("--processes", type=int, default=2, choices=(1, 2))
    parser.add_argument("--runtime", default="auto", choices=("auto", "litert", "tflite-runtime"))
    parser.add_argument(
        "--target", default="cpu", choices=("cpu", "coral", "jetson"), help="whose graphs are run"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    columns, values = _columns(arguments.column), _values(arguments.value)
    if arguments.smallest_group < 1:
        raise UsageError("--smallest-group counts speakers: at least 1 is wanted.")
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from convert.evaluate.evaluate import Request, evaluate

    request = Request(
        bundle=arguments.bundle,
        metadata=arguments.metadata,
        out=arguments.out,
        root=arguments.root,
        columns=columns,
        values=values,
        faces=arguments.faces,
        features=arguments.features,
        strict=arguments.strict,
        smallest_group=arguments.smallest_group,
        processes=arguments.processes,
        runtime=arguments.runtime,
        target=arguments.target,
    )
    parts = (TextColumn("Listening"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*parts, console=Console(stderr=True))
    task = bar.add_task("", total=None)

    def show(done: int, total: int) -> None:
        bar.start()  # when there is something to wait for; an earlier error stands alone
        bar.update(task, completed=done, total=total)

    try:
        report = evaluate(request, show)
    finally:
        if bar.live.is_started:
            bar.stop()
    _show(report, arguments.out)
    return 0


def _columns(given: list[str]) -> dict[str, str]:
    columns = {}
    for each in given:
        name, equals, column = each.partition("=")
        if not (name and equals and column):
            raise UsageError(f"--column {each}: NAME=COLUMN is wanted, e.g. gender=sex.")
        columns[name.strip()] = column.strip()
    return columns


def _values(given: list[str]) -> dict[tuple[str, str], str]:
    values = {}
    for each in given:
        before, equals, meaning = each.rpartition("=")
        name, colon, value = before.partition(":")
        if not (name and colon and value and equals):
            raise UsageError(
                f"--value {each}: NAME:VALUE=MEANING is wanted, e.g. ethnicity:w=white."
            )
        values[name.strip(), value.strip().lower()] = meaning.strip()
    return values


def _show(report: Report, out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from convert.evaluate.wording import SHOWN, shown

    console, counts = Console(), report.counts
    table = Table(
        title=f"{report.bundle.name} on {counts.sounds} sounds, {counts.speakers} speakers"
    )
    for name in ("attribute", "after", "measure", "value", "95 % interval"):
        table.add_column(name, justify="right" if name in ("value", "95 % interval") else "left")
    for name, attribute in report.attributes.items():
        for duration, moment in attribute.after.items():
            for measure in SHOWN[attribute.kind][:3]:
                value, interval = shown(measure, moment.populations["everybody"][measure])
                table.add_row(name, duration, measure.replace("_", " "), value, interval)
    console.print(table)
    left_out = len(counts.unreadable), len(counts.too_little_speech), len(counts.refused_rows)
    console.print(
        f"Left out: {left_out[0]} files that cannot be read, {left_out[1]} with too little speech, "
        f"{left_out[2]} rows."
    )
    console.print(f"{out / 'report.html'} shows everything; report.json has the numbers.")
