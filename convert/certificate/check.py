"""What can be checked of a finished bundle without the data that it was trained on."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from convert.errors import ConvertError
from convert.gate.op_gate import require
from convert.nets.net import Floats
from edge.inference.bundle import Bundle
from edge.inference.engine import Engine
from edge.inference.manifest import models
from edge.inference.model import Model, StreamModel, local_model, local_stream
from edge.inference.placement import Placement
from edge.inference.runtime import find_runtime, installed_runtimes
from edge.voice.pooling import pooling, unit
from edge.voice.trunk import window_frames

STEPS = 1.0
"""of the output's int8 scale by which two runtimes may differ on average: they round differently
in every layer"""
RUNS = 30


def check(bundle: Bundle) -> dict[str, Any]:
    """Gate every int8 model, and run it on the golden sound with every installed runtime.

    Returns operators, milliseconds of the fastest run by runtime, and by how many int8 steps the
    runtimes differ. Raises ConvertError when a model is refused or the runtimes disagree.
    """
    inputs = golden_inputs(bundle)
    report = {name: _model(name, bundle.model(name), inputs[name]) for name in inputs}
    return {"models": report}


def golden_inputs(bundle: Bundle) -> dict[str, Floats]:
    """An input for every model: the golden features, and what follows from them."""
    engine, manifest = Engine(bundle, Placement()), bundle.manifest
    values = {"trunk": bundle.array(manifest.front_end.golden.features)}
    if manifest.voice.stream:
        axis, (_, step) = int(manifest.front_end.bins_first), window_frames(bundle)
        values["stream"] = np.take(values["trunk"], range(step), axis)
    feature = pooling(bundle)([engine.model("trunk")(values["trunk"]).ravel()])
    if manifest.voice.head:
        values["head"] = feature
        feature = engine.model("head")(feature).ravel()
    if manifest.voice.unit_feature:
        feature = unit(feature)
    values |= {part.name: feature for part in manifest.attributes}
    decoded = feature
    if manifest.face.parameters:
        decoded = np.array([part.default for part in manifest.face.parameters], np.float32)
    if manifest.face.shared:
        values["shared"] = decoded
        decoded = engine.model("shared")(decoded).ravel()
    return {role: values.get(role, decoded) for role in models(manifest)}


def _model(name: str, content: bytes, values: Floats) -> dict[str, Any]:
    graph = require(content, name)
    outputs, times = [], {}
    for setting in installed_runtimes():
        runtime = find_runtime(setting)
        model = (local_stream if name == "stream" else local_model)(content, runtime, name=name)
        outputs.append(model(values))
        times[str(runtime)] = _fastest(model, values)
    mean, largest = 0.0, 0
    if len(outputs) == 2:
        apart = np.abs(outputs[0] - outputs[1]) / _step(outputs)
        mean, largest = float(apart.mean()), round(float(apart.max()))
        if mean > STEPS:
            raise ConvertError(
                f"The runtimes disagree on the {name} by {mean:.1f} int8 steps on average; "
                f"{STEPS:.0f} is allowed. Say which runtime the board has, and measure with it."
            )
    return {
        "operators": graph.counts,
        "macs": graph.macs,
        "ms": times,
        "mean_steps_apart": round(mean, 3),
        "most_steps_apart": largest,
    }


def _step(outputs: list[Floats]) -> float:
    """The smallest difference between output values: one step of the int8 scale."""
    gaps = np.diff(np.unique(np.stack(outputs)))
    gaps = gaps[gaps > 1e-7]
    return float(gaps.min()) if len(gaps) else 1.0


def _fastest(model: Model | StreamModel, values: Floats) -> float:
    """Milliseconds of the fastest of some runs: what others did on the machine is left out."""
    best = np.inf
    for _ in range(RUNS):
        start = time.perf_counter()
        model(values)
        best = min(best, time.perf_counter() - start)
    return 1000 * best
