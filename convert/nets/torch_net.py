"""A PyTorch module as a network that can be converted."""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

from convert.errors import ConvertError
from convert.nets.axes import channels_first, channels_last, shape_last
from convert.nets.lowering import lower
from convert.nets.net import Floats, Step, checked
from convert.nets.onnx_session import Session
from convert.nets.probes import probes
from convert.quiet import quiet
from edge.inference.manifest import Target

OPSET = 17


class TorchNet:
    """A module with its weights, and one input of it in PyTorch's layout with a batch of 1."""

    def __init__(self, module: nn.Module, example: torch.Tensor) -> None:
        if example.shape[0] != 1:
            raise ConvertError(
                f"The example has a batch of {example.shape[0]}. Give one with a batch of 1: "
                "a model for a board has a static shape."
            )
        if example.ndim not in (2, 4):
            raise ConvertError(
                f"The example has {example.ndim} dimensions. Write the network so that it takes "
                "(1, n) or (1, C, H, W)."
            )
        self.module = module.eval()
        self._example = example

    @property
    def input_shape(self) -> tuple[int, ...]:
        return shape_last(tuple(self._example.shape))

    def __call__(self, values: Floats) -> Floats:
        with torch.no_grad():
            outputs = self.module(torch.from_numpy(channels_first(values)))
        return channels_last(np.asarray(outputs.numpy(), np.float32))

    def save(self, folder: Path, target: Target) -> tuple[Step, ...]:
        inputs = probes(self.input_shape, channels_last(self._example.numpy()))
        expected = np.concatenate([self(sample[None]) for sample in inputs])
        with tempfile.TemporaryDirectory(prefix="s2f-onnx-") as scratch:
            graph = Path(scratch) / "network.onnx"
            self.save_onnx(graph)
            got = Session(graph)(inputs)
            first = checked("PyTorch → ONNX", expected, got)
            return (first, *lower(graph, inputs, got, folder, target))

    def save_onnx(self, path: Path) -> None:
        with quiet("Converting PyTorch to ONNX"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                self.module,
                (self._example,),
                os.fspath(path),
                dynamo=False,  # the other exporter needs onnxscript
                opset_version=OPSET,
                input_names=["input"],
                output_names=["output"],
            )
