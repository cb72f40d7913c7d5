"""A week of listening in minutes: does memory grow, does a stage get stuck?

    .venv/bin/python benchmarks/soak.py [--hours 168] [--voices 40]

The whole daemon, with a source that has no clock: a room's noise, `--voices` times a day somebody
speaks, four times a day the microphone goes away, twice a day somebody mutes and unmutes. Prints
resident memory over that time, and ends with 1 if it grew by more than 5 % after the
first tenth, if a thread or a file descriptor was left, or if a voice was not heard.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import numpy as np
import soundfile

from edge.audio.block import BLOCK_SAMPLES, SAMPLE_RATE, AudioBlock
from edge.audio.no_sound import NoSound
from edge.daemon import Daemon
from edge.inference.bundle import load_bundle, reference_path
from edge.inference.engine import Engine
from edge.pipeline import Pipeline, Step
from edge.scene import Scene
from edge.state import State

HOUR = 3600 * SAMPLE_RATE // BLOCK_SAMPLES
"""blocks"""
GROWTH = 0.05


class Paced(Pipeline):
    """Lets the source run ahead by a few blocks, so that nothing is dropped."""

    def __init__(self, engine: Engine, allowed: frozenset[str]) -> None:
        super().__init__(engine, allowed)
        self.taken = threading.Semaphore(20)

    def push(self, block: AudioBlock) -> Step:
        self.taken.release()
        return super().push(block)


class Days:
    """The sound of many days."""

    def __init__(self, hours: float, voices: int, pipeline: Paced) -> None:
        self.blocks = int(hours * HOUR)
        self.heard_s = self.spoken = self.outages = self.mutings = 0
        self._pipeline, self._voices = pipeline, voices
        self._muted = False
        self.daemon: Daemon | None = None
        rng = np.random.default_rng(0)
        noise = rng.normal(0, 0.002, (500, BLOCK_SAMPLES)).astype(np.float32)
        self._noise = list(noise)
        self._speech = [self._parts(name) for name in ("woman", "man")]

    def __iter__(self) -> Iterator[AudioBlock | NoSound]:
        day = 24 * HOUR
        every = {"voice": day // max(1, self._voices), "outage": day // 4, "mute": day // 2}
        due = {what: blocks // 2 for what, blocks in every.items()}
        number = 0
        while number < self.blocks:
            yield from self._give(self._noise[number % len(self._noise)], number)
            number += 1
            for what in [what for what, at in due.items() if number >= at]:
                due[what] += every[what]
                if what == "voice" and self._voices:
                    for part in self._speech[self.spoken % 2]:
                        yield from self._give(part, number)
                        number += 1
                    self.spoken += 1
                elif what == "outage":
                    self.outages += 1
                    yield NoSound("The microphone was unplugged. Plug it in.")
                    number += 50
                elif what == "mute":
                    self._mute_for_a_moment()

    def mute(self, muted: bool) -> None:
        self._muted = muted

    def close(self) -> None:
        self.blocks = 0
        self._pipeline.taken.release()

    def _give(self, samples: np.ndarray, number: int) -> Iterator[AudioBlock]:
        self._pipeline.taken.acquire()
        yield AudioBlock(samples, number * BLOCK_SAMPLES / SAMPLE_RATE)

    def _mute_for_a_moment(self) -> None:
        assert self.daemon is not None
        for wanted in (True, False):
            self.daemon.mute(wanted)
            while self._muted is not wanted:
                time.sleep(0.01)
        while self._pipeline.taken.acquire(blocking=False):
            pass  # what waited was dropped
        self._pipeline.taken.release(20)
        self.mutings += 1

    @staticmethod
    def _parts(name: str) -> list[np.ndarray]:
        file = resources.files("edge") / "samples" / f"{name}.flac"
        sound, _ = soundfile.read(str(file), dtype="float32")
        return np.split(sound[: sound.size // BLOCK_SAMPLES * BLOCK_SAMPLES],
                        sound.size // BLOCK_SAMPLES)  # fmt: skip


class Counter:
    """A sink that counts the changes of state."""

    name = "counter"

    def __init__(self) -> None:
        self.states = dict.fromkeys(State, 0)
        self._last: State | None = None

    def show(self, scene: Scene) -> None:
        if scene.state is not self._last:
            self.states[scene.state] += 1
        self._last = scene.state

    def close(self) -> None:
        pass


def resident_mb() -> float:
    """Of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def open_files() -> int:
    """Of this process."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def main() -> int:
    """Run the days and judge them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hours", type=float, default=168)
    parser.add_argument("--voices", type=int, default=40, help="a day")
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)

    visible = frozenset({"gender", "age"})
    pipeline = Paced(Engine(load_bundle(reference_path())), visible)
    days, counter = Days(options.hours, options.voices, pipeline), Counter()
    daemon = days.daemon = Daemon(days, pipeline, [counter], 10.0, visible)
    threads, files = threading.active_count(), open_files()
    memory: list[float] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(1.0):
            memory.append(resident_mb())

    watcher = threading.Thread(target=watch)
    watcher.start()
    began, used = time.monotonic(), time.process_time()
    daemon.run()
    took, used = time.monotonic() - began, time.process_time() - used
    ended.set()
    watcher.join()

    settled = memory[len(memory) // 10 :] or [resident_mb()]
    growth = np.mean(settled[-5:]) / np.mean(settled[:5]) - 1
    say = sys.stdout.write
    say(f"{options.hours:g} h of sound in {took:.0f} s, {used / options.hours / 36:.2f} % of a core"
        " at real time\n")  # fmt: skip
    steps = np.linspace(0, len(memory) - 1, min(12, len(memory))).astype(int)
    say("resident MB: " + " ".join(f"{memory[i]:.1f}" for i in steps) + "\n")
    say(f"growth after the first tenth: {growth:+.1%}, highest {max(memory):.1f} MB\n")
    say(f"spoken {days.spoken}, estimates {daemon.estimates}, outages {days.outages}, "
        f"mutings {days.mutings}\n")  # fmt: skip
    say(
        "states: " + ", ".join(f"{state} {count}" for state, count in counter.states.items()) + "\n"
    )
    left = threading.active_count() - threads, open_files() - files
    say(f"left behind: {left[0]} threads, {left[1]} files\n")
    well = (
        growth <= GROWTH
        and left[0] <= 0
        and left[1] <= 0
        and counter.states[State.SPEAKING] >= days.spoken
        and counter.states[State.FAULT] == days.outages
        and counter.states[State.MUTED] == days.mutings
    )
    say("well\n" if well else "NOT WELL\n")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
