"""PyTorch modules as ONNX graphs in memory, and int8 files of them that can be run."""

from __future__ import annotations

import io
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from convert.gate.graph import Graph
from convert.gate.op_gate import require
from convert.nets.net import Floats, Net
from convert.nets.onnx_session import merge
from convert.quantization.quantize import quantize
from edge.inference.manifest import Target


def to_onnx(module: nn.Module, *shape: int, **options: object) -> onnx.ModelProto:
    """The graph that PyTorch exports for an input of that shape."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            (torch.rand(shape),),
            buffer,
            dynamo=False,
            **{
                "opset_version": 17,
                "input_names": ["input"],
                "output_names": ["output"],
                **options,
            },
        )
    return onnx.load_model_from_string(buffer.getvalue())


def merged(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with its constants computed, as every pass takes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.onnx"
        onnx.save(model, path)
        merge(path)
        return onnx.load(path)


def kinds(model: onnx.ModelProto) -> list[str]:
    """Operators of the graph, in order."""
    return [node.op_type for node in model.graph.node]


def int8_graph(net: Net, folder: Path, target: Target = "cpu") -> Graph:
    """The graph of the int8 file for that target, which has passed the gate."""
    net.save(folder, target)
    inputs = np.random.default_rng(0).normal(size=(8, *net.input_shape[1:]))
    content = quantize(folder, inputs.astype(np.float32), target=target)
    return require(content, "network", target)


def names(graph: Graph) -> set[str]:
    """Operators of a `.tflite` graph."""
    return {operator.name for operator in graph.operators}


def normal(*shape: int, seed: int = 0) -> Floats:
    """Normally distributed inputs, float32."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)
