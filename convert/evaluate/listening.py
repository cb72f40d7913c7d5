"""Many sounds, two processes, and a memory of those that are done."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import msgspec

from convert.errors import ConvertError
from convert.evaluate.hearing import Ear, Hearing
from convert.evaluate.metadata import Sound
from convert.reference.voice.workers import workers
from edge import __version__
from edge.errors import DeviceError, SoundError
from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine
from edge.inference.manifest import Target
from edge.inference.placement import Placement
from edge.inference.runtime import find_runtime
from edge.replace import replace_file


class Unreadable(msgspec.Struct, frozen=True):
    """A file that gave nothing, and why."""

    reason: str


@dataclass(frozen=True)
class Job:
    """How sounds are listened to."""

    bundle: Path
    sha256: str
    """of the bundle"""
    runtime: str
    """setting, as `edge.inference.interpreter` takes it"""
    runtime_version: str
    target: Target
    """which of the bundle's graphs"""
    allowed: frozenset[str]
    """sensitive attributes that are measured"""
    draw: bool
    cache: Path
    """folder of what is done"""

    def key(self, content: bytes) -> str:
        """The name of what is heard in a file with this content."""
        engine = self.sha256, self.runtime_version, self.target
        parts = __version__, *engine, sorted(self.allowed), self.draw
        return hashlib.sha256(repr(parts).encode() + hashlib.sha256(content).digest()).hexdigest()


class Worker:
    """Listens by the job's rules, and remembers."""

    def __init__(self, job: Job) -> None:
        bundle = load_bundle(job.bundle, job.target)
        engine = Engine(bundle, Placement(find_runtime(job.runtime)), target=job.target)
        self._job, self._ear = job, Ear(engine, job.allowed, draw=job.draw)

    def __call__(self, path: Path) -> Hearing | Unreadable:
        """What the file gave, from memory where its content was heard before.

        Raises DeviceError when the memory cannot be written.
        """
        try:
            place = self._job.cache / self._job.key(path.read_bytes())
        except OSError:
            place = None  # the reader below says best what is wrong
        if place is not None and (known := _recall(place)) is not None:
            return known
        try:
            hearing = self._ear(path)
        except SoundError as error:
            return Unreadable(str(error))
        if place is not None:
            remember(place, msgspec.msgpack.encode(hearing))
        return hearing


def listen(
    sounds: Sequence[Sound], job: Job, processes: int
) -> Iterator[tuple[Sound, Hearing | Unreadable]]:
    """What each sound gave, in the order in which they are done.

    Raises ConvertError when a process dies, DeviceError when the memory cannot be written.
    """
    if processes == 1:
        worker = Worker(job)
        for sound in sounds:
            yield sound, worker(sound.path)
        return
    with workers(processes, partial(_start, job)) as pool:
        waiting = {pool.submit(_work, sound.path): sound for sound in sounds}
        done: Future[Hearing | Unreadable]
        try:
            for done in as_completed(waiting):
                yield waiting.pop(done), done.result()
        except BrokenProcessPool as error:
            raise ConvertError(
                "A process that listened to the sounds ended, perhaps for want of memory. Run the "
                "same command again with --processes 1: it continues where it was."
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def remember(place: Path, content: bytes) -> None:
    """Write a file that is whole or not there. Raises DeviceError."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        replace_file(place, lambda file: file.write(content))
    except OSError as error:
        raise DeviceError(
            f"{place} cannot be written: {error.strerror or error}. Free some space, or name "
            "another folder with --out. The same command continues where it was."
        ) from error


def _recall(place: Path) -> Hearing | None:
    try:
        return msgspec.msgpack.decode(place.read_bytes(), type=Hearing)
    except (OSError, msgspec.DecodeError):
        return None


_job: Job


def _start(job: Job) -> None:
    """Set up a fresh process. Ctrl-C is for the one that leads: it lets this one finish."""
    global _job
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _job = job


@cache
def _worker() -> Worker:
    return Worker(_job)  # here, not in _start: an error then reaches the one that leads


def _work(path: Path) -> Hearing | Unreadable:
    return _worker()(path)
