"""Names that older callers use; `convert.torch_net` has what they stand for."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from convert.axes import channels_first, channels_last
from convert.net import Floats
from convert.torch_net import TorchNet

__all__ = ["Floats", "FloatNetwork", "channels_first", "channels_last", "export"]


class FloatNetwork:
    """A PyTorch network as the float reference: takes and gives arrays in TFLite's layout."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module.eval()

    def __call__(self, values: Floats) -> Floats:
        with torch.no_grad():
            return channels_last(self._module(torch.from_numpy(channels_first(values))).numpy())


def export(module: nn.Module, example: torch.Tensor, folder: Path) -> None:
    """Write the network as a float SavedModel."""
    TorchNet(module, example).save(folder, "cpu")
