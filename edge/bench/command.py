"""`s2f-edge bench`: measure, print, and remember what is fastest."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from edge.bench.bench import Measured, Order, measure
from edge.bench.table import lines
from edge.errors import DeviceError
from edge.inference.bundle import load_bundle
from edge.inference.profile import SCHEMA, Choice, Profile, faster, save, versions
from edge.machine import machine


def run(order: Order, profile: Path | None, *, as_json: bool) -> int:
    """Measure everything; keep the best ways in `profile`, unless it is None. Raises EdgeError."""
    bundle = load_bundle(order.bundle, order.target)
    measured = measure(order, _progress)
    sys.stderr.write("\r\033[K" if sys.stderr.isatty() else "")
    if as_json:
        for row in (row for each in measured for row in each.rows):
            sys.stdout.write(json.dumps(row.as_json(), ensure_ascii=False) + "\n")
        for each in (each for each in measured if each.problem):
            sys.stderr.write(f"{each.name}: {each.problem}\n")
    else:
        for line in lines(machine(), f"{bundle.name} {bundle.manifest.version}", measured):
            sys.stdout.write(f"{line}\n")
    usable = [each for each in measured if each.way and each.rows]
    if not usable:
        problems = " ".join(each.problem for each in measured if each.problem)
        raise DeviceError(f"No way of running the bundle works here. {problems}")
    if profile is None:
        return 0
    found = Profile(
        schema=SCHEMA,
        bundle_sha256=bundle.sha256,
        target=order.target,
        machine=machine().key,
        runtimes=versions(),
        voice=_best(usable, "voice"),
        face=_best(usable, "face"),
    )
    save(found, profile)
    if not as_json:
        best = found.best("voice", max(order.threads))
        sys.stdout.write(f"\nThe daemon uses the fastest way from now on ({profile}).\n")
        if best and best.threads > 1:
            sys.stdout.write("For more than one thread set [inference] threads.\n")
    return 0


def _best(measured: Sequence[Measured], stage: str) -> list[Choice]:
    """The fastest way of the CPU for each number of threads; the usual ones come first."""
    best: dict[int, Choice] = {}
    for each in measured:
        for row in each.rows:
            if each.way is None or each.way.delegate or row.stage != stage or not _ours(each):
                continue
            choice = Choice(row.threads, each.way.runtime, each.way.xnnpack, row.ms)
            best[row.threads] = faster(best.get(row.threads), choice)
    return [best[threads] for threads in sorted(best)]


def _ours(measured: Measured) -> bool:
    """Whether it is the bundle's own way, which has a face."""
    return any(row.stage == "face" for row in measured.rows)


def _progress(step: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[Kmeasuring {step} …")
        sys.stderr.flush()
