"""A PyTorch module as a network that can be converted."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import nn

from convert.export import FloatNetwork, channels_last, export
from convert.net import Floats, Step
from edge.inference.manifest import Target


class TorchNet:
    """A module with its weights, and one input of it in PyTorch's layout with a batch of 1."""

    def __init__(self, module: nn.Module, example: torch.Tensor) -> None:
        self.module = module.eval()
        self._example = example

    @property
    def input_shape(self) -> tuple[int, ...]:
        return channels_last(self._example.numpy()).shape

    def __call__(self, values: Floats) -> Floats:
        return FloatNetwork(self.module)(values)

    def save(self, folder: Path, target: Target) -> tuple[Step, ...]:
        export(self.module, self._example, folder)
        return ()

    def save_onnx(self, path: Path) -> None:
        torch.onnx.export(self.module, (self._example,), os.fspath(path), dynamo=False)
