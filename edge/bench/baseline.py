"""Other people's ways of following a voice, for comparison: a window again for every update."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from edge.bench.row import Row
from edge.bench.way import Way
from edge.errors import UsageError
from edge.inference.interpreter import LocalGraph
from edge.inference.model import Model
from edge.inference.placement import Placement
from edge.inference.runtime import find_runtime

FILES = {
    "trunk.float32.tflite": "window of 6 s again, float32",
    "trunk.int8.tflite": "window of 6 s again, int8",
    "trunk.naive.tflite": "window of 6 s again, naive int8",
    "trunk.onnx": "window of 6 s again, float32",
    "trunk.pt": "window of 6 s again, float32",
}
"""in the folder that `--compare` names → what they are; `benchmarks/streaming.py` makes them"""


def runtimes(file: str, tflite: list[str]) -> list[str]:
    """What can run the file here."""
    if file.endswith(".tflite"):
        return tflite
    needed = "onnxruntime" if file.endswith(".onnx") else "torch"
    return [needed] if importlib.util.find_spec(needed) else []


def baseline(file: Path, way: Way, enough_s: float) -> Row:
    """One run a second of the trunk in the file. Raises UsageError."""
    try:
        name, run = _run(file, way)
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{file} cannot be run: {error}.") from error
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
        model=FILES[file.name],
        runtime=name,
        delegate=None,
        threads=way.threads,
        ms=round(1000 * best, 3),
        per="second of speech",
        xnnpack=way.xnnpack,
        share_of_core=round(cpu, 5),
    )


def _run(file: Path, way: Way) -> tuple[str, Callable[[], Any]]:
    if file.suffix == ".tflite":
        runtime = find_runtime(way.runtime)
        model = Model(LocalGraph(file.read_bytes(), Placement(runtime, way.threads, way.xnnpack)))
        values = np.zeros(model.input_shape, np.float32)
        return str(runtime), lambda: model(values)
    if file.suffix == ".onnx":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = way.threads
        session = onnxruntime.InferenceSession(str(file), options, ["CPUExecutionProvider"])
        (given,) = session.get_inputs()
        window = np.zeros(given.shape, np.float32)
        return f"onnxruntime {onnxruntime.__version__}", lambda: session.run(
            None, {given.name: window}
        )
    import torch

    torch.set_num_threads(way.threads)
    module = torch.jit.load(str(file))  # type: ignore[no-untyped-call]
    taken = torch.zeros(_first_shape(module))

    def run() -> Any:
        with torch.inference_mode():
            return module(taken)

    return f"torch {torch.__version__.partition('+')[0]}", run


def _first_shape(module: Any) -> list[int]:
    """What a traced module was traced with."""
    (_, given) = list(module.graph.inputs())[:2]
    return list(given.type().sizes())
