"""Other people's ways of following a voice, for comparison: a window again for every update."""

from __future__ import annotations

import importlib.util
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from edge.audio.block import SAMPLE_RATE
from edge.bench.row import Row
from edge.bench.way import Way
from edge.errors import UsageError
from edge.inference.bundle import Bundle
from edge.inference.engine import Engine
from edge.inference.interpreter import LocalGraph
from edge.inference.manifest import Target
from edge.inference.model import Model, StreamModel
from edge.inference.placement import Placement
from edge.inference.runtime import find_runtime

FILES = {
    "trunk.float32.tflite": "window of 6 s again, float32",
    "trunk.int8.tflite": "window of 6 s again, int8",
    "trunk.naive.tflite": "window of 6 s again, naive int8",
    "trunk.onnx": "window of 6 s again, float32",
    "trunk.pt": "window of 6 s again, float32",
    "stream.float32.tflite": "state per layer, float32",
    "stream.int8.tflite": "state per layer, int8",
}
"""in the folder that `--compare` names → what they are; `benchmarks/streaming.py` makes them"""

SHAPE = "shape.json"
"""in a TorchScript file: the shape of its input"""
FRAMES_PER_S = 100
WINDOW_S = 6.0
"""the paper's clip"""
AGAIN = "window of 6 s again, this bundle"


def needed(file: str) -> str:
    """The package that runs the file; empty: any TFLite runtime does."""
    return {".onnx": "onnxruntime", ".pt": "torch"}.get(Path(file).suffix, "")


def installed(package: str) -> bool:
    """Whether it is here. It is not loaded."""
    return importlib.util.find_spec(package) is not None


def again(bundle: Bundle, target: Target, way: Way, enough_s: float) -> Row:
    """The bundle's own trunk, on 6 s of speech for every update, once a second.

    Its windows lie side by side: none is run twice for one update. Raises EdgeError.
    """
    runtime = find_runtime(way.runtime)
    model = Engine(bundle, Placement(runtime, way.threads, way.xnnpack), target).model("trunk")
    window = bundle.array(bundle.manifest.front_end.golden.features)
    windows = max(1.0, WINDOW_S * SAMPLE_RATE / bundle.manifest.front_end.window_samples)
    return _row(AGAIN, str(runtime), way, lambda: model(window), windows, enough_s)


def baseline(file: Path, way: Way, enough_s: float) -> Row:
    """The trunk in the file: a window's is run once a second, a stream's for all new frames.

    Raises UsageError.
    """
    try:
        name, run, often = _run(file, way)
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{file} cannot be run: {error}.") from error
    return _row(FILES[file.name], name, way, run, often, enough_s)


def _row(
    model: str, runtime: str, way: Way, run: Callable[[], Any], often: float, enough_s: float
) -> Row:
    """The fastest of some runs, of which a second of speech takes so many."""
    run()
    best, cpu, begun = np.inf, np.inf, time.perf_counter()
    turns = 0
    while turns < 3 or time.perf_counter() - begun < enough_s:
        wall, used = time.perf_counter(), time.process_time()
        run()
        best = min(best, time.perf_counter() - wall)
        cpu = min(cpu, time.process_time() - used)
        turns += 1
    return Row(
        stage="voice",
        model=model,
        runtime=runtime,
        delegate=None,
        threads=way.threads,
        ms=round(1000 * best * often, 3),
        per="second of speech",
        xnnpack=way.xnnpack,
        share_of_core=round(cpu * often, 5),
    )


def _run(file: Path, way: Way) -> tuple[str, Callable[[], Any], float]:
    """The runtime's name, one run, and how many runs a second of speech takes."""
    if file.suffix == ".tflite":
        runtime = find_runtime(way.runtime)
        graph = LocalGraph(file.read_bytes(), Placement(runtime, way.threads, way.xnnpack))
        streams = file.name.startswith("stream")
        model = StreamModel(graph) if streams else Model(graph)
        values = np.zeros(model.input_shape, np.float32)
        often = FRAMES_PER_S / model.input_shape[1] if streams else 1.0
        return str(runtime), lambda: model(values), often
    if file.suffix == ".onnx":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = way.threads
        session = onnxruntime.InferenceSession(str(file), options, ["CPUExecutionProvider"])
        (given,) = session.get_inputs()
        window = np.zeros(given.shape, np.float32)
        name = f"onnxruntime {onnxruntime.__version__}"
        return name, lambda: session.run(None, {given.name: window}), 1.0
    import torch

    torch.set_num_threads(way.threads)
    notes = {SHAPE: b""}
    module = torch.jit.load(str(file), _extra_files=notes)  # type: ignore[no-untyped-call]
    taken = torch.zeros(json.loads(notes[SHAPE]))

    def run() -> Any:
        with torch.inference_mode():
            return module(taken)

    return f"torch {torch.__version__.partition('+')[0]}", run, 1.0
