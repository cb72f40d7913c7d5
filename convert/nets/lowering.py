"""ONNX → a float SavedModel in operators that boards run, each step checked against the last."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import onnx

from convert.nets import saved_model
from convert.nets.layout import to_channels_last
from convert.nets.net import Floats, Step, checked
from convert.nets.onnx_session import Session, merge
from convert.nets.sequences import to_maps
from convert.nets.upsampling import rewrite_upsampling
from edge.inference.manifest import Target


def lower(
    graph: Path, inputs: Floats, expected: Floats, folder: Path, target: Target
) -> tuple[Step, ...]:
    """Write the SavedModel of a static ONNX graph into `folder`; the graph's file is used up.

    `inputs` and `expected`: `(n, …)` in TFLite's layout. One form of the network is in memory at
    a time, and steps that change nothing are left out. Raises ConvertError naming the step that
    changed the outputs or failed.
    """
    steps = []

    def step(name: str, change: Callable[[onnx.ModelProto], None]) -> None:
        nonlocal expected
        model = onnx.load(graph)
        before = list(map(str, model.graph.node))
        change(model)
        onnx.save(model, os.fspath(graph))
        changed = before != list(map(str, model.graph.node))
        del model
        if not changed:
            return
        got = Session(graph)(inputs)
        steps.append(checked(name, expected, got))
        expected = got

    merge(graph)
    step("constants and BatchNorm merged", _standard_operators)
    step("sequences as maps", to_maps)
    step(f"upsampling for {target}", lambda model: rewrite_upsampling(model, target))
    step("layout: channels last", to_channels_last)
    saved_model.from_onnx(graph, folder)
    got = saved_model.run(folder, inputs)
    steps.append(checked("ONNX → TensorFlow", expected, got))
    return tuple(steps)


def _standard_operators(model: onnx.ModelProto) -> None:
    """onnxruntime declares its own operators, which it does not use here."""
    used = {node.domain for node in model.graph.node} | {""}
    for declared in [each for each in model.opset_import if each.domain not in used]:
        model.opset_import.remove(declared)
