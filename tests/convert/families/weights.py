"""Random weights under published names, as a training leaves them."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

Weights = dict[str, Tensor]


class Builder:
    """Collects weights; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        self.weights: Weights = {}

    def layer(self, name: str, *shape: int, bias: bool = False) -> None:
        """A convolution or dense layer whose outputs are as large as its inputs."""
        inputs = shape[0] if len(shape) == 4 and shape[0] > shape[1] else shape[1]
        scale = (2 / (inputs * max(torch.Size(shape[2:]).numel(), 1))) ** 0.5
        self.weights[f"{name}.weight"] = self._normal(*shape) * scale
        if bias:
            self.weights[f"{name}.bias"] = self._normal(shape[0]) * 0.1

    def transposed(self, name: str, *shape: int) -> None:
        """A transposed convolution `(inputs, outputs, height, width)` with bias."""
        self.layer(name, *shape)
        self.weights[f"{name}.bias"] = self._normal(shape[1]) * 0.1

    def norm(self, name: str, channels: int) -> None:
        """BatchNorm with statistics far from 0 and 1, and scales of either sign."""
        scale = 0.5 + torch.rand(channels, generator=self._generator)
        self.weights |= {
            f"{name}.weight": scale * self._normal(channels).sign(),
            f"{name}.bias": self._normal(channels) * 0.2,
            f"{name}.running_mean": self._normal(channels) * 0.5,
            f"{name}.running_var": 0.3 + 2 * torch.rand(channels, generator=self._generator),
            f"{name}.num_batches_tracked": torch.tensor(12345),
        }

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self._generator)


def saved(path: Path, weights: object) -> Path:
    torch.save(weights, path)
    return path


def parameters(weights: Weights) -> int:
    """How many values were learnt."""
    statistics = ("running_mean", "running_var", "num_batches_tracked")
    return sum(v.numel() for n, v in weights.items() if not n.endswith(statistics))
