"""One network from PyTorch to a checked int8 file: what every family of models goes through."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from convert.gate.graph import Graph
from convert.gate.op_gate import require
from convert.nets.net import Floats
from convert.nets.torch_net import TorchNet
from convert.quantization.quantize import quantize


@dataclass(frozen=True)
class Converted:
    """An int8 network and the float one that it was made from."""

    name: str
    content: bytes
    """the `.tflite` file"""
    graph: Graph
    reference: TorchNet


def convert_network(
    name: str, module: nn.Module, example: torch.Tensor, representative: Floats
) -> Converted:
    """Export, quantize, and pass the op gate.

    `example`: a batch of one in PyTorch's layout; `representative`: `(samples, …)` in TFLite's
    layout. Raises ConvertError that says at which step and why.
    """
    net = TorchNet(module, example)
    with tempfile.TemporaryDirectory(prefix="s2f-convert-") as folder:
        net.save(Path(folder), "cpu")
        content = quantize(Path(folder), representative)
    return Converted(name, content, require(content, name), net)
