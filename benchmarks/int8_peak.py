"""How much of this machine's int8 speed each graph reaches.

    python benchmarks/int8_peak.py [FILE.tflite …] [--json]

The peak is the fastest of some large matrix products (a 1×1 convolution on a map of 32×32 is one)
in the same runtime, one thread. Without files, the reference bundle's networks are measured; a
network with several inputs is a stream. For graphs below half of the peak, each kind of operator
is measured alone, as the graph that ends with it, to show where the rest goes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from torch import nn

from convert.gate.graph import read_graph
from convert.nets.torch_net import TorchNet
from convert.quantization.quantize import quantize
from convert.streaming.model_file import ModelFile
from edge.inference.bundle import load_bundle, reference_path
from edge.inference.interpreter import LocalGraph
from edge.inference.manifest import models
from edge.inference.placement import Placement
from edge.inference.runtime import find_runtime, installed_runtimes

SHAPES = ((512, 512), (1024, 512), (1024, 1024))
"""channels in and out"""
SIDE, ENOUGH_S, SLOW = 32, 1.0, 0.5


def main() -> None:
    """Measure, and print a table or JSON lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    graphs = {path.stem: path.read_bytes() for path in arguments.files} or _reference()
    products = [_product(*shape) for shape in SHAPES]
    for setting in installed_runtimes():
        placement = Placement(find_runtime(setting))
        peak = max(_speed(content, placement) for content in products)
        _say(arguments.json, str(placement.runtime), "matrix product", peak, 1.0)
        for name, content in graphs.items():
            speed = _speed(content, placement)
            _say(arguments.json, str(placement.runtime), name, speed, speed / peak)
            if speed < SLOW * peak and not arguments.json:
                _where(content, placement, peak)


def _reference() -> dict[str, bytes]:
    bundle = load_bundle(reference_path())
    return {role: bundle.model(role) for role in models(bundle.manifest)}


def _product(inputs: int, outputs: int) -> bytes:
    """Maps of 32×32 times a matrix."""
    net = TorchNet(nn.Conv2d(inputs, outputs, 1), torch.zeros(1, inputs, SIDE, SIDE))
    examples = np.random.default_rng(0).normal(size=(2, SIDE, SIDE, inputs)).astype(np.float32)
    with tempfile.TemporaryDirectory(prefix="s2f-peak-") as scratch:
        net.save(Path(scratch) / "saved", "cpu")
        return quantize(Path(scratch) / "saved", examples)


def _speed(content: bytes, placement: Placement) -> float:
    """Thousand million multiplications with addition a second."""
    macs = read_graph(content).macs
    return macs / _seconds(content, placement) / 1e9 if macs else 0.0


def _seconds(content: bytes, placement: Placement) -> float:
    """CPU time of the fastest run."""
    graph = LocalGraph(content, placement)
    random = np.random.default_rng(0)
    values = [random.integers(-100, 100, spec.shape).astype(spec.dtype) for spec in graph.inputs]
    graph.run(values)
    best, begun, turns = np.inf, time.perf_counter(), 0
    while turns < 3 or time.perf_counter() - begun < ENOUGH_S:
        start = time.process_time()
        graph.run(values)
        best = min(best, time.process_time() - start)
        turns += 1
    return best


def _where(content: bytes, placement: Placement, peak: float) -> None:
    """Time by kind of operator: what each adds to the graph that ends before it."""
    model = ModelFile(content)
    count = len(model.graph.operators)
    spent: dict[str, list[float]] = {}
    before = 0.0
    for end in range(1, count + 1):
        cut = ModelFile(content)
        operator = cut.graph.operators[end - 1]
        name = cut.name(operator)
        cut.graph.operators = cut.graph.operators[:end]
        cut.graph.outputs = [int(place) for place in operator.outputs]
        ended = cut.written()
        seconds = _seconds(ended, placement)
        macs = read_graph(content).operators[end - 1].macs
        row = spent.setdefault(name, [0.0, 0.0])
        row[0] += max(0.0, seconds - before)
        row[1] += macs / 1e9
        before = max(before, seconds)
    whole = sum(row[0] for row in spent.values())
    for name, (seconds, gmac) in sorted(spent.items(), key=lambda item: -item[1][0]):
        share = f"{gmac / seconds / peak:.0%} of the peak" if gmac and seconds else "no products"
        sys.stdout.write(f"    {name:<22}{seconds / whole:>6.0%} of the time, {share}\n")


def _say(as_json: bool, runtime: str, name: str, speed: float, share: float) -> None:
    if as_json:
        row = {"runtime": runtime, "graph": name, "gmac_per_s": round(speed, 2)}
        sys.stdout.write(json.dumps(row | {"share_of_peak": round(share, 4)}) + "\n")
    else:
        sys.stdout.write(f"{runtime:<24}{name:<20}{speed:>8.1f} GMAC/s{share:>7.0%}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
