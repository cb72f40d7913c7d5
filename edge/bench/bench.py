"""Every way that is there, one after the other, and which is best."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec.structs import replace

from edge.bench.baseline import FILES, installed, needed
from edge.bench.child import Job, Result
from edge.bench.row import Row
from edge.bench.way import Way, ways
from edge.errors import UsageError
from edge.inference.manifest import Target
from edge.inference.runtime import installed_runtimes

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""NumPy's, which the daemon does not need more of"""
HOW = "`python benchmarks/streaming.py --out FOLDER` makes them."
LIMIT_S = 300.0
"""of one way: the largest trunk known takes a second, and slow boards ten times as much"""


@dataclass(frozen=True)
class Order:
    """What to measure."""

    bundle: Path
    target: Target = "cpu"
    threads: Sequence[int] = (1,)
    delegate: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    enough_s: float = 0.5
    """of every stage and way"""
    again: bool = False
    """also the bundle's trunk as the paper would run it"""
    compare: Path | None = None
    """folder with what else to compare with"""


@dataclass(frozen=True)
class Measured:
    """One way, with what came of it."""

    name: str
    way: Way | None
    """None: the front end, or nothing that could be run"""
    rows: list[Row]
    problem: str
    """why there are no rows, in a sentence"""


def measure(order: Order, progress: Callable[[str], None] = lambda step: None) -> list[Measured]:
    """All ways. Raises UsageError for a folder to compare with that has nothing in it."""
    if order.compare and not any((order.compare / name).is_file() for name in FILES):
        raise UsageError(
            f"{order.compare} has nothing to compare with. It may have: {', '.join(FILES)}. {HOW}"
        )
    found = []
    for job in _jobs(order):
        progress(str(job))
        result = _in_a_process(job)
        found.append(Measured(str(job), job.way, result.rows, result.problem))
    return [*found, *_left_out(order)]


def _jobs(order: Order) -> Iterator[Job]:
    first, tflite = Job(str(order.bundle), order.target, None, order.enough_s), installed_runtimes()
    yield first
    for way in ways(tflite, order.threads, order.delegate, order.options):
        yield replace(first, way=way)
    if order.again:
        for runtime in tflite:
            yield replace(first, way=Way(runtime), again=True)
    for name in FILES:
        if order.compare is None or not (order.compare / name).is_file():
            continue
        package = needed(name)
        if not package or installed(package):
            for runtime in [package] if package else tflite:
                yield replace(first, way=Way(runtime), file=str(order.compare / name))


def _left_out(order: Order) -> Iterator[Measured]:
    """What there is nothing to compare with for, and why."""
    if order.compare is None:
        if order.again:
            name = "float32, naive int8, ONNX, TorchScript"
            yield Measured(name, None, [], f"Give --compare a folder. {HOW}")
        return
    for name in FILES:
        if not (order.compare / name).is_file():
            yield Measured(name, None, [], f"{order.compare} has no such file.")
        elif (package := needed(name)) and not installed(package):
            yield Measured(name, None, [], f"{package} is not installed.")


def _in_a_process(job: Job) -> Result:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "edge.bench.child"],
            input=msgspec.json.encode(job),
            capture_output=True,
            env=os.environ | ONE_THREAD,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Result(problem=f"It took longer than {LIMIT_S:.0f} s.")
    if done.returncode < 0:
        return Result(problem=f"It crashed ({signal.Signals(-done.returncode).name}).")
    try:
        return msgspec.json.decode(done.stdout, type=Result)
    except msgspec.DecodeError:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        return Result(problem=f"It ended with the code {done.returncode}: {''.join(last)}")
