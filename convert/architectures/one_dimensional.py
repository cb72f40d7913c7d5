"""Convolutions over time as boards run them: in two dimensions, with a height of one.

A map (1, bins, 1, frames) is (1, 1, frames, bins) in TFLite: the features as they come.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from convert.architectures.layers import convolution


class OverTime(nn.Module):
    """Convolutions, then the mean over time: (n, bins, 1, frames) to (n, channels)."""

    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).mean((2, 3))


def in_two_dimensions(layer: nn.Conv1d) -> nn.Conv2d:
    """The same convolution, along the width of a map of height 1. It shares the weights."""
    assert isinstance(layer.padding, tuple)
    (stride,), (padding,) = layer.stride, layer.padding
    return convolution(layer.weight.unsqueeze(2), layer.bias, (1, stride), (0, padding))


def widened(layer: nn.Conv2d, width: int, padding: int) -> Tensor:
    """The kernel of `layer` (height 1) with zeros around it, `(outputs, inputs, 1, width)`.

    The wide kernel on a map with `padding` zeros before it starts where the narrow one does.
    """
    (_, narrow), before = layer.kernel_size, padding - int(layer.padding[1])
    kernel = torch.zeros(*layer.weight.shape[:3], width)
    kernel[..., before : before + narrow] = layer.weight
    return kernel
