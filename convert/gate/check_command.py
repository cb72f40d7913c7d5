"""`s2f-convert check`: whether a board can run a model, and if not why."""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from convert.errors import ConvertError, ModelFileError
from edge.inference.manifest import Target

if TYPE_CHECKING:
    from convert.gate.coral import Memory
    from convert.gate.edgetpu import Compiled
    from convert.gate.graph import Operator
    from convert.gate.op_gate import Report

NAME = "check"


@dataclass(frozen=True)
class _Checked:
    """A model with everything that was found."""

    path: Path
    report: Report
    memory: Memory | None
    """for coral"""
    compiled: Compiled | None
    failure: str
    """why the compiler did not compile it; empty where it did, or is not installed"""

    @property
    def passed(self) -> bool:
        return self.report.passed and not self.failure


def add_command(commands: Any) -> None:
    """Add `check` to the subcommands of `s2f-convert`."""
    text = "Say whether a board can run a model, and if not why; ends with 1 when it is refused."
    parser = commands.add_parser(
        NAME,
        help=text,
        description=f"{text} With several models, those of one bundle in the order in which they "
        "matter, it also says how they share the Edge TPU's memory.",
    )
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL", help=".tflite file")
    parser.add_argument(
        "--target", choices=get_args(Target), default="cpu", help="kind of board (default: cpu)"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep the compiler's model and log there"
    )
    parser.add_argument("--json", action="store_true", help="as JSON on stdout")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check, show. Returns 0 when every model passes, else 1. Raises ModelFileError (4)."""
    found = _check(arguments.models, arguments.target)
    if arguments.keep:
        _keep(found, arguments.keep)
    if arguments.json:
        sys.stdout.write(json.dumps(_as_json(found, arguments.target), indent=2) + "\n")
    else:
        _show(found, arguments.target)
    return 0 if all(checked.passed for checked in found) else 1


def _check(paths: list[Path], target: Target) -> list[_Checked]:
    from convert.gate.coral import share_memory
    from convert.gate.op_gate import inspect

    reports = []
    for path in paths:
        try:
            reports.append(inspect(_read(path), target))
        except ConvertError as error:
            raise type(error)(f"{path}: {error}") from error
    memories: list[Memory | None] = [None] * len(paths)
    if target == "coral":
        memories[:] = share_memory([report.graph for report in reports])
    found = []
    for path, report, memory in zip(paths, reports, memories, strict=True):
        compiled, failure = _compile(path, report)
        found.append(_Checked(path, report, memory, compiled, failure))
    return found


def _read(path: Path) -> bytes:
    try:
        # what is no plain file, such as a pipe, may have no end
        if path.exists() and not path.is_file():
            raise ModelFileError("This is no file.")
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"The file cannot be read: {error.strerror}.") from error


def _compile(path: Path, report: Report) -> tuple[Compiled | None, str]:
    """The compiled model, where coral is the target, the gate passes and a compiler is there."""
    from convert.gate.edgetpu import compile_for_edgetpu

    if report.target != "coral" or not report.passed:
        return None, ""
    try:
        compiled = compile_for_edgetpu(_read(path), path.stem)
    except ConvertError as error:
        return None, str(error)
    if compiled and compiled.unmapped:
        return compiled, f"The compiler leaves {compiled.unmapped} operators to the CPU."
    return compiled, ""


def _keep(found: list[_Checked], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for checked in found:
        if checked.compiled:
            stem = f"{checked.path.stem}_edgetpu"
            (folder / f"{stem}.tflite").write_bytes(checked.compiled.content)
            (folder / f"{stem}.log").write_text(checked.compiled.log, encoding="utf-8")


def _as_json(found: list[_Checked], target: Target) -> dict[str, Any]:
    models = []
    for checked in found:
        graph, compiled = checked.report.graph, checked.compiled
        models.append(
            {
                "model": str(checked.path),
                "passed": checked.passed,
                "verdict": _verdict(checked),
                "refusals": [*checked.report.refusals, *filter(None, [checked.failure])],
                "notes": list(checked.report.notes),
                "operators": graph.counts,
                "macs": graph.macs,
                "parameter_bytes": graph.parameter_bytes,
                "activation_bytes": graph.activation_bytes,
                "edge_tpu_memory": checked.memory
                and {**asdict(checked.memory), "streamed": checked.memory.streamed},
                "compiled": compiled
                and {key: value for key, value in vars(compiled).items() if key != "content"},
            }
        )
    return {"target": target, "passed": all(checked.passed for checked in found), "models": models}


def _show(found: list[_Checked], target: Target) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from convert.gate.coral import memory_note
    from convert.gate.graph_parts import parameter_bytes

    console = Console(highlight=False)
    for place, checked in enumerate(found):
        report, compiled = checked.report, checked.compiled
        table = Table(title=escape(f"{checked.path} for {target}"), title_justify="left")
        for column in ("operator", "count", "million MAC", "weights, bytes"):
            table.add_column(column, justify="left" if column == "operator" else "right")
        for name, steps in _by_name(report.graph.operators).items():
            macs = sum(step.macs for step in steps) / 1e6
            row = (f"{len(steps)}", f"{macs:,.2f}", f"{parameter_bytes(tuple(steps)):,}")
            table.add_row(escape(name), *row)
        console.print(table)
        console.print(f"{report.graph.macs / 1e6:,.2f} million multiplications.")
        if checked.memory:
            console.print(memory_note(checked.memory, together=place > 0))
        if compiled:
            console.print(
                f"Compiled: {compiled.mapped} operators on the Edge TPU, {compiled.unmapped} on "
                f"the CPU; {compiled.on_chip:,} bytes of weights on the chip, "
                f"{compiled.off_chip:,} from the host at every run."
            )
        for note in report.notes:
            console.print(f"note: {escape(note)}")
        for refusal in (*report.refusals, *filter(None, [checked.failure])):
            console.print(f"[red]refused:[/red] {escape(refusal)}")
        console.print(f"[bold]{escape(_verdict(checked))}[/bold]")


def _by_name(operators: tuple[Operator, ...]) -> dict[str, list[Operator]]:
    found: dict[str, list[Operator]] = defaultdict(list)
    for operator in operators:
        found[f"{operator.name} v{operator.version}"].append(operator)
    return dict(sorted(found.items()))


def _verdict(checked: _Checked) -> str:
    from convert.gate.targets import RULES

    if not checked.passed:
        return f"It does not pass for {checked.report.target}."
    if checked.compiled:
        return f"It compiles for the Edge TPU: all {checked.compiled.mapped} operators run on it."
    return RULES[checked.report.target].passes
