"""What happens to every update when a delegate fails: recorded, and drawn.

python tests/edge/inference/timeline.py docs/delegates.png
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from edge.display.letters import BUILT_IN
from edge.inference.accelerators import Accelerators
from edge.inference.backoff import Backoff
from edge.inference.bundle import load_bundle, reference_path
from edge.inference.delegate_state import DelegateState
from edge.inference.engine import Engine
from edge.inference.model import local_model
from edge.inference.placement import Delegate, Placement
from edge.inference.runtime import find_runtime

SOURCE = Path(__file__).parent / "delegates" / "accelerator.c"
MODES = ("fail", "hang", "crash", "wrong", "refuse", "prepare")
UPDATE_S = 0.1
"""faster than the daemon's, so that a picture takes seconds"""
LIMIT_S = 0.3
AFTER = 60
"""kernel runs that go well: three at loading, two at every update, and the golden ones"""
LONGEST_S = 12.0


@dataclass
class Timeline:
    """One run of the reference bundle's voice head on a delegate that breaks."""

    mode: str
    runtime: str
    updates: list[tuple[float, float, str, bool]] = field(default_factory=list)
    """when it began and what it took, in seconds; `delegate`, `failed` or `cpu`; whether the
    answer was right"""
    states: list[tuple[float, DelegateState]] = field(default_factory=list)

    @property
    def longest_s(self) -> float:
        """Of an update."""
        return max(took for _, took, _, _ in self.updates)

    @property
    def lost(self) -> int:
        """Updates whose answer was wrong."""
        return sum(not right for *_, right in self.updates)

    @property
    def places(self) -> list[str]:
        """Where the updates were answered, without repeats."""
        found: list[str] = []
        for _, _, place, _ in self.updates:
            if not found or found[-1] != place:
                found.append(place)
        return found


def compiled(folder: Path) -> Path:
    """The accelerator as a library."""
    library = folder / "libaccelerator.so"
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, SOURCE, "-lm"],
        check=True,
    )
    return library


def record(library: Path, mode: str, runtime: str, folder: Path) -> Timeline:
    """Run updates until the delegate was lost and is back, and some more."""
    made = Timeline(mode, runtime)
    begun = time.monotonic()
    after = "0" if mode in ("refuse", "prepare") else str(AFTER)
    options = {"mode": mode, "after": after, "once": str(folder / f"{mode}-{runtime}.broke")}
    bundle = load_bundle(reference_path())
    placement = Placement(find_runtime(runtime), delegate=Delegate(str(library), options, "test"))
    accelerators = Accelerators(
        LIMIT_S,
        lambda state: made.states.append((time.monotonic() - begun, state)),
        lambda: Backoff(first_s=0.5),
    )
    engine = Engine(bundle, placement, accelerators=accelerators)
    model = engine.model("head")
    right = local_model(bundle.model("head"), placement.runtime)
    random = np.random.default_rng(0)
    try:
        accelerators.start()
        if mode not in ("refuse", "prepare"):
            accelerators.settle()
        enough = 0
        while enough < 10 and time.monotonic() - begun < LONGEST_S:
            values = np.abs(random.normal(0, 0.3, model.input_shape)).astype(np.float32)
            (before,) = accelerators.states
            started = time.monotonic()
            answer = model(values)
            took = time.monotonic() - started
            (now,) = accelerators.states
            off = np.abs(answer - right(values)).max() / model._output.numbers.scale
            place = "delegate" if before.working else "cpu"
            if now.failures > before.failures and before.working:
                place = "failed"
            made.updates.append((started - begun, took, place, bool(off <= 2)))
            enough += now.working and now.failures > 0
            time.sleep(max(0.0, UPDATE_S - took))
    finally:
        engine.close()
    return made


COLOURS = {"delegate": "#2e9e5b", "failed": "#d64545", "cpu": "#d9a21b"}
SCALE, ROW, LEFT, TOP = 150, 34, 290, 74


def draw(timelines: list[Timeline]) -> Image.Image:
    """A row for each, time to the right."""
    seconds = max(start for each in timelines for start, *_ in each.updates) + UPDATE_S
    width, height = round(LEFT + seconds * SCALE) + 40, TOP + ROW * len(timelines) + 40
    picture = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(picture)
    x = 16
    for place, words in (
        ("delegate", "answered by the delegate"),
        ("failed", "it failed, the CPU answered the same update"),
        ("cpu", "answered by the CPU"),
        ("", "the delegate passed its golden inputs"),
    ):
        if place:
            pen.rectangle((x, 16, x + 18, 34), COLOURS[place])
        else:
            pen.line((x + 9, 14, x + 9, 36), "#222222", 2)
        pen.text((x + 26, 25), words, "#222222", BUILT_IN.font(15), anchor="lm")
        x += round(BUILT_IN.font(15).getlength(words)) + 54
    for second in range(int(seconds) + 1):
        left = LEFT + second * SCALE
        pen.line((left, TOP - 14, left, height - 36), "#cccccc")
        pen.text((left, height - 24), f"{second} s", "#222222", BUILT_IN.font(14), anchor="mm")
    for row, each in enumerate(timelines):
        top = TOP + row * ROW
        words = f"{each.mode}, {each.runtime}: {each.lost} lost"
        pen.text((16, top + ROW // 2 - 4), words, "#222222", BUILT_IN.font(16), anchor="lm")
        for start, took, place, right in each.updates:
            left, right_end = LEFT + start * SCALE, LEFT + (start + max(took, UPDATE_S)) * SCALE
            box = (left, top, right_end - 3, top + ROW - 10)
            pen.rectangle(box, COLOURS[place] if right else "black")
        for moment, state in each.states:
            if state.working:
                left = round(LEFT + moment * SCALE)
                pen.line((left, top - 4, left, top + ROW - 6), "#222222", 2)
    return picture


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        library = compiled(folder)
        found = [
            record(library, mode, runtime, folder)
            for mode in MODES
            for runtime in ("litert", "tflite-runtime")
        ]
    for each in found:
        reasons = [state.reason for _, state in each.states if state.reason]
        sys.stdout.write(
            f"{each.mode:<8} {each.runtime:<15} lost {each.lost}, longest update "
            f"{each.longest_s * 1000:.0f} ms, {each.places}: {reasons}\n"
        )
    draw(found).save(sys.argv[1])


if __name__ == "__main__":
    main()
