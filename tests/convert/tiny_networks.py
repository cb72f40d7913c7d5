"""Tiny networks with the shapes that trouble converters."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional


class Encoder(nn.Module):
    """(1, 1, H, W) to (1, n): depthwise after a residual sum, padding, mean over the map."""

    def __init__(self, outputs: int = 6) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 8, 3, 2, 1)
        self.depthwise = nn.Conv2d(8, 8, 3, 1, 1, groups=8)
        self.again = nn.Conv2d(8, 8, 3, 2, 1, groups=8)
        self.last = nn.Conv2d(8, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.first(x))
        x = functional.relu(x + self.depthwise(x))
        return functional.relu(self.last(functional.relu(self.again(x)))).mean((2, 3))


class Flattened(nn.Module):
    """(1, 1, 8, 6) to (1, 5): a dense layer on a map."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(1, 4, 3)
        self.dense = nn.Linear(4 * 6 * 4, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.dense(functional.relu(self.convolution(x)).flatten(1))


class Decoder(nn.Module):
    """(1, n) to (1, 3, 16, 16): a map from a dense layer, resizing, depth to space."""

    def __init__(self, inputs: int = 5) -> None:
        super().__init__()
        self.dense = nn.Linear(inputs, 6 * 4 * 4)
        self.convolution = nn.Conv2d(6, 12, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.dense(x)).view(-1, 6, 4, 4)
        x = self.convolution(functional.interpolate(x, scale_factor=2.0, mode="nearest"))
        return torch.sigmoid(functional.pixel_shuffle(x, 2))


class Swapped(nn.Module):
    """(1, 2, 4, 6) to (1, 3, 6, 4): height and width change places."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(2, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.convolution(x.transpose(2, 3)))


def uniform(*shape: int, seed: int = 0) -> np.ndarray:
    """Random inputs in 0…1, float32."""
    return np.random.default_rng(seed).random(shape, np.float32)
