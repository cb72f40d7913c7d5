"""Measures one way in a process of its own: `python -m edge.bench.child`, orders on stdin.

Runtimes do not get in each other's way there, memory is the way's own, and what crashes ends here.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from edge.bench.baseline import AGAIN, again, baseline
from edge.bench.row import Row
from edge.bench.stages import front_end, voice_and_face
from edge.bench.way import Way
from edge.errors import EdgeError
from edge.inference.bundle import load_bundle
from edge.inference.manifest import Target


class Job(msgspec.Struct, frozen=True):
    """What to measure: the front end when there is no way; with a way voice and face, or what they
    are compared with: a file when one is named, the bundle's trunk on all of 6 s `again`."""

    bundle: str
    target: Target
    way: Way | None
    enough_s: float
    file: str = ""
    again: bool = False

    def __str__(self) -> str:
        if self.file or self.again:
            return f"{Path(self.file).name or AGAIN}: {self.way}"
        return str(self.way or "front end")


class Result(msgspec.Struct, frozen=True):
    """What came of it."""

    rows: list[Row] = []
    problem: str = ""


def measure(job: Job) -> Result:
    """The rows of one job."""
    try:
        if job.file:
            assert job.way
            return Result([baseline(Path(job.file), job.way, job.enough_s)])
        bundle = load_bundle(Path(job.bundle), job.target, keep_cpu=True)
        if job.way is None:
            return Result([front_end(bundle, job.enough_s)])
        if job.again:
            return Result([again(bundle, job.target, job.way, job.enough_s)])
        return Result(voice_and_face(bundle, job.target, job.way, job.enough_s))
    except EdgeError as error:
        return Result(problem=str(error))


def main() -> None:
    """Read a job, write a result."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    sys.stdout.buffer.write(msgspec.json.encode(measure(job)))


if __name__ == "__main__":
    main()
