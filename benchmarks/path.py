"""What each step of the whole way costs, from a block of sound to a picture, and how long a start
takes.

    python benchmarks/path.py [--bundle PATH] [--json] [--turns N]

The sample voice arrives in blocks of 0.1 s, one thread, the preferred runtime; a step's time is the
fastest of some turns, in CPU time. Voice and face are measured again under each runtime, as
`s2f-edge bench` does. A start is from the command to `event=started`, every check of the bundle
included, in wall time. Where the project has a target it stands beside the number; the exit code is
1 when one is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import edge
from edge.audio.block import SAMPLE_RATE, AudioBlock
from edge.audio.file import FileSource
from edge.audio.speech import SpeechDetector
from edge.bench.bench import Order, measure
from edge.face.compose import compose
from edge.face.painter import Painter, Portrait
from edge.inference.bundle import load_bundle, reference_path
from edge.inference.engine import Engine
from edge.scene import Scene
from edge.state import State
from edge.voice.front_ends import Samples
from edge.voice.listener import Heard, Listener
from edge.voice.vocal_tract import VocalTract

SAMPLE = Path(edge.__file__).parent / "samples" / "woman.flac"
SCREEN = (480, 480)
STARTS = 5
START_S, FACE_MS = 1.5, 8.0
VOICE_SHARE = {"ai-edge-litert": 0.01, "tflite-runtime": 0.05}
"""of real time, on one core"""


@dataclass(frozen=True)
class Row:
    """One step."""

    step: str
    runtime: str
    ms: float
    per: str
    most_ms: float | None = None
    """the target"""

    @property
    def met(self) -> bool:
        return self.most_ms is None or self.ms <= self.most_ms


def main() -> int:
    """Measure, and print a table or JSON lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--bundle", type=Path, default=reference_path())
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--turns", type=int, default=7)
    arguments = parser.parse_args()
    rows = [
        *_way(arguments.bundle, arguments.turns),
        *_runtimes(arguments.bundle),
        _start(arguments.bundle),
    ]
    for row in rows:
        if arguments.json:
            found = {
                "stage": row.step,
                "runtime": row.runtime,
                "threads": 1,
                "ms": round(row.ms, 3),
            }
            sys.stdout.write(json.dumps(found | {"per": row.per, "most_ms": row.most_ms}) + "\n")
            continue
        said = (
            "" if row.most_ms is None else f"at most {row.most_ms:g}{'' if row.met else ': MISSED'}"
        )
        sys.stdout.write(
            f"{row.step:<34}{row.runtime:<24}{row.ms:>9.2f} ms per {row.per:<18}{said}\n"
        )
    return 0 if all(row.met for row in rows) else 1


def _way(bundle: Path, turns: int) -> list[Row]:
    """Every step of the daemon, one after the other on the same sound."""
    engine = Engine(load_bundle(bundle))
    everything = frozenset(part.name for part in engine.bundle.manifest.attributes)
    blocks = list(FileSource(SAMPLE))
    seconds = sum(block.samples.size for block in blocks) / SAMPLE_RATE
    quiet = [AudioBlock(np.zeros_like(block.samples), block.start_s) for block in blocks]
    speech = _speech(blocks)
    heard = _listen(Listener(engine, everything), speech)
    if not heard:
        raise SystemExit(f"{SAMPLE.name} is too short for this bundle.")
    painter = Painter(engine)
    portraits = [painter.paint(each) for each in heard]

    def painted() -> list[Portrait]:
        return [painter.paint(each) for each in heard]

    def composed() -> list[bytes]:
        return [_frame(each) for each in portraits]

    listener, tract = Listener(engine, everything), VocalTract()
    runtime = str(engine.runtime)
    steps: list[tuple[str, str, Callable[[], object], float, str]] = [
        (
            "speech or not, somebody speaks",
            "silero",
            lambda: _speech(blocks),
            seconds,
            "s of sound",
        ),
        ("speech or not, silence", "silero", lambda: _speech(quiet), seconds, "s of sound"),
        ("vocal tract", "numpy", lambda: _tract(tract, speech), seconds, "s of speech"),
        ("estimate, all of it", runtime, lambda: _listen(listener, speech), seconds, "s of speech"),
        ("face: parameters, decoder", runtime, painted, len(heard), "frame"),
        ("face: picture, bytes", "pillow", composed, len(heard), "frame"),
    ]
    best = [np.inf] * len(steps)
    for number in range(turns + 1):
        for place, (_, _, run, _, _) in enumerate(steps):
            begun = time.process_time()
            run()
            if number:  # the first turn sets up
                best[place] = min(best[place], time.process_time() - begun)
    return [
        Row(step, what, 1000 * took / count, per)
        for (step, what, _, count, per), took in zip(steps, best, strict=True)
    ]


def _speech(blocks: list[AudioBlock]) -> list[Samples]:
    detector = SpeechDetector()
    found = [detector(block).samples for block in blocks]
    return [samples for samples in found if samples.size]


def _listen(listener: Listener, speech: list[Samples]) -> list[Heard]:
    listener.reset()
    found = [listener.push(samples) for samples in speech]
    return [heard for heard in found if heard]


def _tract(tract: VocalTract, speech: list[Samples]) -> None:
    tract.reset()
    for samples in speech:
        tract.push(samples)


def _frame(portrait: Portrait) -> bytes:
    scene = Scene(State.SPEAKING, portrait.estimate, portrait.image, level=0.1)
    return compose(scene, SCREEN).tobytes()


def _runtimes(bundle: Path) -> list[Row]:
    """Voice and face under each runtime as it comes, each in a process of its own."""
    rows, front_ms = [], 0.0
    for measured in measure(Order(bundle)):
        for row in measured.rows:
            most: float | None = None
            if row.stage == "front_end":
                front_ms = row.ms
            if row.stage != "front_end" and not row.xnnpack:
                continue  # what nobody gets unless a profile says that it is faster
            name = row.runtime.partition(" ")[0]
            if row.stage == "voice":
                most = 1000 * VOICE_SHARE[name] if name in VOICE_SHARE else None
                rows.append(
                    Row("voice with front end", row.runtime, row.ms + front_ms, "s of speech", most)
                )
            elif row.stage == "face":
                most = FACE_MS if name == "ai-edge-litert" else None
            per = "frame" if row.stage == "face" else "s of speech"
            rows.append(Row(row.stage.replace("_", " "), row.runtime, row.ms, per, most))
    return rows


def _start(bundle: Path) -> Row:
    """From the command to a daemon that listens; the fastest of some starts."""
    command = [sys.executable, "-m", "edge", "run", "--display", "none", "--bundle", str(bundle)]
    best = np.inf
    for _ in range(STARTS):
        begun = time.perf_counter()
        with subprocess.Popen(
            [*command, "--source", str(SAMPLE)], stderr=subprocess.PIPE, text=True
        ) as child:
            assert child.stderr is not None
            said = []
            for line in child.stderr:
                said.append(line)
                if "event=started" in line:
                    best = min(best, time.perf_counter() - begun)
                    break
            else:
                raise SystemExit("".join(said))
            child.terminate()
            child.stderr.read()
    return Row("start to READY", "all", 1000 * float(best), "start", 1000 * START_S)


if __name__ == "__main__":
    sys.exit(main())
