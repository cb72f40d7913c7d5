"""Wen, Raj, Singh 2019, "Face Reconstruction from Voice using Generative Adversarial Networks".

`VoiceEmbedding` and `Generator` are the published networks with the names of their weights;
`trunk` and `Picture` compute the same as boards like it.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from convert.architectures.folding import fold
from convert.architectures.layers import convolution, dense
from convert.architectures.one_dimensional import OverTime, in_two_dimensions
from convert.architectures.picture_values import PictureValues

BINS, DIMENSIONS, SIZE = 64, 64, 64
_WIDTHS = (256, 384, 576, 864)
_MAPS = (1024, 512, 256, 128, 64)
_SIDE = 4
"""pixels of the first map"""


class VoiceEmbedding(nn.Module):
    """Log-mel features (n, bins, frames) to the mean over time (n, dimensions)."""

    def __init__(self, bins: int = BINS, dimensions: int = DIMENSIONS) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in zip((bins, *_WIDTHS), _WIDTHS, strict=False):
            layers += [
                nn.Conv1d(inputs, outputs, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm1d(outputs),
                nn.ReLU(),
            ]
        last = nn.Conv1d(_WIDTHS[-1], dimensions, 3, stride=2, padding=1)
        self.model = nn.Sequential(*layers, last)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x).mean(2)


class Generator(nn.Module):
    """Embedding (n, 64, 1, 1) of length 1 to pictures (n, 3, 64, 64) in −1…1."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.ConvTranspose2d(DIMENSIONS, _MAPS[0], _SIDE), nn.ReLU()]
        for inputs, outputs in pairwise(_MAPS):
            layers += [nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1), nn.ReLU()]
        self.model = nn.Sequential(*layers, nn.ConvTranspose2d(_MAPS[-1], 3, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


def trunk(layers: nn.Sequential) -> OverTime:
    """The `model` of a `VoiceEmbedding`, for a board."""
    flat = (in_two_dimensions(each) if isinstance(each, nn.Conv1d) else each for each in layers)
    return OverTime(fold(nn.Sequential(*flat)))


class Picture(nn.Module):
    """The generator for a board: (n, 64) to (n, 3, 64, 64), RGB 0…1.

    A transposed convolution of one pixel is a dense layer, and one with a 1×1 kernel is a
    convolution.
    """

    @torch.no_grad()
    def __init__(self, generator: Generator, values: PictureValues) -> None:
        super().__init__()
        first, *between, last = generator.model
        assert isinstance(first, nn.ConvTranspose2d)
        assert isinstance(last, nn.ConvTranspose2d)
        assert first.bias is not None
        self.first = dense(first.weight.flatten(1).T, first.bias.repeat_interleave(_SIDE**2))
        colours = convolution(last.weight.transpose(0, 1), last.bias, (1, 1), (0, 0))
        relu, *larger = between
        self.relu = relu
        self.layers = nn.Sequential(*larger, *values.folded(colours))

    def forward(self, x: Tensor) -> Tensor:
        grid = self.relu(self.first(x)).view(-1, _MAPS[0], _SIDE, _SIDE)
        return self.layers(grid)
