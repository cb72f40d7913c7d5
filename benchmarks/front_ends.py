"""What the features of a second of speech cost: streamed, and window by window.

    python benchmarks/front_ends.py [--json]

Speech arrives in pieces of 0.1 s, windows of a second overlap by half. `whole` transforms every
window from its beginning, and copies no sound. One thread; the fastest of several turns, in CPU
time.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from edge.voice.features import ChunkFeatures, WindowFeatures
from edge.voice.front_ends import FRONT_ENDS, FrontEnd, Samples, front_end

SECONDS, PIECE, WINDOW, HOP, TURNS = 10, 1600, 16000, 8000, 9


def main() -> None:
    """Measure every front end, and print a table or JSON lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    sound = np.random.default_rng(0).normal(0, 0.1, SECONDS * 16000).astype(np.float32)
    if not as_json:
        sys.stdout.write(
            f"{'ms per second of speech':<26}{'windows':>9}{'chunks':>9}{'whole':>9}"
            f"{'windows / whole':>18}\n"
        )
    for name in sorted(FRONT_ENDS):
        made = front_end(name)
        windows, chunks, whole = _turns(
            lambda made=made: _pushed(WindowFeatures(made, WINDOW, HOP), sound),  # type: ignore[misc]
            lambda made=made: _pushed(ChunkFeatures(made, WINDOW, HOP), sound),  # type: ignore[misc]
            lambda made=made: _whole(made, sound),  # type: ignore[misc]
        )
        if as_json:
            row = {
                "stage": "front_end",
                "model": name,
                "runtime": f"numpy {np.__version__}",
                "delegate": None,
                "threads": 1,
                "ms": round(windows, 4),
                "per": "second of speech",
                "chunks_ms": round(chunks, 4),
                "against_whole_windows": round(windows / whole, 3),
            }
            sys.stdout.write(json.dumps(row) + "\n")
        else:
            sys.stdout.write(
                f"{name:<26}{windows:>9.3f}{chunks:>9.3f}{whole:>9.3f}{windows / whole:>18.2f}\n"
            )


def _turns(*ways: Callable[[], None]) -> list[float]:
    """Milliseconds of CPU for a second of speech, each way."""
    best = [np.inf] * len(ways)
    for _ in range(TURNS):
        for place, way in enumerate(ways):
            start = time.process_time()
            way()
            best[place] = min(best[place], time.process_time() - start)
    return [1000 * each / SECONDS for each in best]


def _pushed(stream: WindowFeatures | ChunkFeatures, sound: Samples) -> None:
    for start in range(0, sound.size, PIECE):
        stream.push(sound[start : start + PIECE])


def _whole(made: FrontEnd, sound: Samples) -> None:
    for start in range(0, sound.size - WINDOW + 1, HOP):
        made(sound[start : start + WINDOW])


if __name__ == "__main__":
    main()
