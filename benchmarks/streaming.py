"""What state per layer saves: the paper's voice encoder at full width, streamed and re-run.

    python benchmarks/streaming.py [--out FOLDER] [--json]

One thread, all ways in turn in one process. A second of speech costs the paper's method one run on
a window of 6 s; a stream runs only the new frames, every 0.64 s. Weights are random: they do not
change how long a run takes. `--out` keeps the graphs, for `s2f-edge bench --compare FOLDER`.
docs/speed.md has what it printed here.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from torch import nn

from convert.architectures.random_weights import assign_random_weights
from convert.architectures.speech2face import CHANNELS, Sizes, Speech2Face, frames, trunk
from convert.gate.graph import read_graph
from convert.nets.net import Floats
from convert.nets.torch_net import TorchNet
from convert.quantization.quantize import quantize, to_float
from convert.streaming.rewrite import grid, streamed, windowed
from edge.bench.baseline import SHAPE
from edge.inference.interpreter import LocalGraph
from edge.inference.model import Model, StreamModel
from edge.inference.placement import Placement
from edge.inference.runtime import find_runtime, installed_runtimes

FRAMES_PER_S = 100
WINDOW_S = 6.0
EXAMPLES, ROUNDS = 4, 5


@dataclass(frozen=True)
class Way:
    """One way of following a voice."""

    name: str
    runtime: str
    run: Callable[[], object]
    per_second: float
    """runs for a second of speech"""
    gmac: float
    """thousand million multiplications of one run"""


def main() -> None:
    """Make the graphs, run them in turn, print a table and the ratios."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="s2f-bench-") as scratch:
        folder = arguments.out or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        ways = list(_ways(folder))
        rows = _measured(ways, arguments.rounds)
    _show(rows, arguments.json)


def _ways(folder: Path) -> list[Way]:
    """Makes the graphs, and what runs them."""
    positions = 1 + int((WINDOW_S * FRAMES_PER_S - frames(1)) // 64)
    sizes, rng = Sizes(), np.random.default_rng(0)
    encoder = Speech2Face(sizes)
    shape = (EXAMPLES, CHANNELS, frames(1), sizes.bins)
    assign_random_weights(encoder, torch.from_numpy(rng.normal(size=shape).astype(np.float32)))
    examples = rng.normal(size=(EXAMPLES, frames(1), sizes.bins, CHANNELS)).astype(np.float32)
    window = np.zeros((1, CHANNELS, frames(positions), sizes.bins), np.float32)

    net = TorchNet(trunk(encoder, 1), torch.zeros(1, *shape[1:]))
    net.save(folder / "saved", "cpu")
    float32, int8 = to_float(folder / "saved"), quantize(folder / "saved", examples)
    found = grid(int8, axis=1)
    step_s = found.stride / FRAMES_PER_S
    files = {
        "trunk.float32.tflite": windowed(float32, 1, positions),
        "trunk.int8.tflite": windowed(int8, 1, positions),
        "stream.float32.tflite": streamed(float32, 1, 1),
        "stream.int8.tflite": streamed(int8, 1, 1),
        "trunk.naive.tflite": _naive(encoder, positions, folder / "naive"),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    whole = TorchNet(trunk(encoder, positions), torch.from_numpy(window))
    whole.save_onnx(folder / "trunk.onnx")
    traced = torch.jit.trace(whole.module, torch.from_numpy(window))
    shape_note = {SHAPE: json.dumps(window.shape)}
    torch.jit.save(traced, str(folder / "trunk.pt"), _extra_files=shape_note)

    macs = {name: read_graph(content).macs / 1e9 for name, content in files.items()}
    ways = []
    for setting in installed_runtimes():
        placement = Placement(find_runtime(setting))
        for name, content in files.items():
            graph = LocalGraph(content, placement, name)
            model = (StreamModel if name.startswith("stream") else Model)(graph, name)
            values = rng.normal(size=model.input_shape).astype(np.float32)
            often = 1 / step_s if name.startswith("stream") else 1.0
            run = _bound(model, values)
            ways.append(Way(name.removesuffix(".tflite"), setting, run, often, macs[name]))
    gmac = macs["trunk.float32.tflite"]
    module, given = whole.module, torch.from_numpy(window)
    with torch.inference_mode():
        ways.append(Way("trunk.float32", "torch", lambda: module(given), 1.0, gmac))
    ways.append(
        Way("trunk.float32", "onnxruntime", _onnx(folder / "trunk.onnx", window), 1.0, gmac)
    )
    return ways


def _naive(encoder: Speech2Face, positions: int, folder: Path) -> bytes:
    """The network as it is written down, with BatchNorm where it stands."""
    layers = nn.Sequential(*encoder.layers(), nn.AvgPool2d((positions, 1)), nn.Flatten())
    window = torch.zeros(1, CHANNELS, frames(positions), encoder.sizes.bins)
    TorchNet(layers, window).save(folder, "cpu")
    examples = np.random.default_rng(0).normal(size=(1, *window.permute(0, 2, 3, 1).shape[1:]))
    return quantize(folder, examples.astype(np.float32))


def _bound(model: Model | StreamModel, values: Floats) -> Callable[[], object]:
    return lambda: model(values)


def _onnx(path: Path, window: Floats) -> Callable[[], object]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    return lambda: session.run(None, {given.name: window})


def _measured(ways: list[Way], rounds: int) -> list[dict[str, object]]:
    """CPU seconds of the fastest run of each, taking turns: what others did is left out."""
    best = [np.inf] * len(ways)
    for number in range(rounds + 1):
        for place, way in enumerate(ways):
            start = time.process_time()
            way.run()
            if number:  # the first run sets up
                best[place] = min(best[place], time.process_time() - start)
    rows: list[dict[str, object]] = []
    for way, seconds in zip(ways, best, strict=True):
        rows.append(
            {
                "stage": "voice",
                "model": way.name,
                "runtime": way.runtime,
                "delegate": None,
                "threads": 1,
                "ms": round(1000 * seconds * way.per_second, 2),
                "per": "second of speech",
                "gmac": round(way.gmac * way.per_second, 2),
                "gmac_per_s": round(way.gmac / seconds, 1),
            }
        )
    return rows


def _show(rows: list[dict[str, object]], as_json: bool) -> None:
    if as_json:
        for row in rows:
            sys.stdout.write(json.dumps(row) + "\n")
        return
    sys.stdout.write(f"{'model':<16}{'runtime':<16}{'GMAC/s':>8}{'ms/s':>10}{'rate':>8}\n")
    for row in rows:
        sys.stdout.write(
            f"{row['model']:<16}{row['runtime']:<16}{row['gmac']:>8}{row['ms']:>10}"
            f"{row['gmac_per_s']:>8}\n"
        )
    table = {(row["model"], row["runtime"]): row for row in rows}

    def ratio(key: str, of: tuple[str, str], to: tuple[str, str]) -> float:
        return float(table[of][key]) / float(table[to][key])  # type: ignore[arg-type]

    runtimes = {str(row["runtime"]) for row in rows} & set(installed_runtimes())
    stream = ("stream.int8", "litert")
    gmac = ratio("gmac", ("trunk.int8", "litert"), stream)
    sys.stdout.write(f"\nmultiplications, window every second : stream = {gmac:.2f}\n")
    for runtime in sorted(runtimes):
        for kind in ("float32", "int8"):
            found = ratio("ms", (f"trunk.{kind}", runtime), (f"stream.{kind}", runtime))
            sys.stdout.write(f"CPU time, {kind} on {runtime}, window : stream = {found:.2f}\n")
    for of in (("trunk.float32", r) for r in ("litert", "tflite-runtime", "onnxruntime", "torch")):
        found = ratio("ms", of, stream)
        sys.stdout.write(
            f"CPU time, window in float32 on {of[1]} : int8 stream on litert = {found:.1f}\n"
        )
    found = ratio("ms", ("trunk.naive", "tflite-runtime"), stream)
    sys.stdout.write(
        f"CPU time, naive int8 on tflite-runtime : int8 stream on litert = {found:.1f}\n"
    )


if __name__ == "__main__":
    main()
