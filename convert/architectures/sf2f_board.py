"""SF2F's networks for a board: the same functions in convolutions, sigmoids and products.

Each published construction that int8 graphs do badly has an exact equal:

- Four convolutions side by side, concatenated: one convolution. A kernel of 2, 3 or 5 is a kernel
  of 7 with zeros. The frame that the kernel of 2 has too much, and loses again, is never made.
  The trunk is 9 operators instead of 33, for 84 instead of 54 million multiplications.
- Channels split in half for the gate: two convolutions.
- LeakyReLU between two convolutions: ReLU on twice as many channels, since
  leaky(x) = ReLU(x) − slope · ReLU(−x). Edge TPUs have no LeakyReLU.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from convert.architectures.folding import fold
from convert.architectures.layers import convolution, dense
from convert.architectures.one_dimensional import OverTime, in_two_dimensions, widened
from convert.architectures.picture_values import PictureValues
from convert.architectures.sf2f import DIMENSIONS, KERNELS, SIDE, Decoder, Encoder, Inception
from convert.architectures.wen_2019 import trunk as plain_trunk

_WIDEST = max(KERNELS)


@torch.no_grad()
def trunk(encoder: Encoder) -> OverTime:
    """One window (1, 40, 1, frames) to its vector (1, 512), before it is scaled to length 1."""
    if not isinstance(encoder.model[0], Inception):
        return plain_trunk(encoder.model)
    *blocks, last = encoder.model
    layers: list[nn.Module] = []
    for block in blocks:
        assert isinstance(block, Inception)
        layers += [_joined(block), nn.ReLU()]
    assert isinstance(last, nn.Conv1d)
    return OverTime(nn.Sequential(*layers, in_two_dimensions(last)))


def _joined(block: Inception) -> nn.Conv2d:
    """The branches of a block as one convolution."""
    weights, biases = [], []
    for branch in block.branches:
        narrow, norm, _ = branch.model
        assert isinstance(narrow, nn.Conv1d)
        folded = fold(nn.Sequential(in_two_dimensions(narrow), norm))[0]
        assert isinstance(folded, nn.Conv2d)
        assert folded.bias is not None
        weights.append(widened(folded, _WIDEST, KERNELS[_WIDEST]))
        biases.append(folded.bias)
    return convolution(torch.cat(weights), torch.cat(biases), (1, 2), (0, KERNELS[_WIDEST]))


def _three_by_three(weight: Tensor, bias: Tensor) -> nn.Conv2d:
    return convolution(weight, bias, (1, 1), (1, 1))


class Gated(nn.Module):
    """value(x) · sigmoid(gate(x)) of a layer whose outputs are values, then gates."""

    def __init__(self, layer: nn.Module, norm: nn.Module) -> None:
        super().__init__()
        folded = fold(nn.Sequential(layer, norm))[0]
        assert isinstance(folded, nn.Conv2d | nn.Linear)
        assert folded.bias is not None
        make = dense if isinstance(folded, nn.Linear) else _three_by_three
        self.value, self.gate = map(make, folded.weight.chunk(2), folded.bias.chunk(2))

    def forward(self, x: Tensor) -> Tensor:
        return self.value(x) * torch.sigmoid(self.gate(x))


class GatedMap(Gated):
    """A gated dense layer to a map (n, 512, 4, 4).

    Both halves become maps before the product, so that each has its own dense layer to reorder.
    """

    def forward(self, x: Tensor) -> Tensor:
        shape = (-1, DIMENSIONS, SIDE, SIDE)
        return self.value(x).view(shape) * torch.sigmoid(self.gate(x).view(shape))


class Picture(nn.Module):
    """The decoder for a board: (n, 512) to (n, 3, size, size), RGB 0…1."""

    @torch.no_grad()
    def __init__(self, decoder: Decoder, size: int, values: PictureValues) -> None:
        super().__init__()
        blocks, to_colours = decoder.blocks(size)
        linear, norm, _ = decoder.fc
        layers: list[nn.Module] = [GatedMap(linear, norm)]
        for block in blocks:
            assert isinstance(block, nn.Sequential)
            larger, layer, norm, _ = block
            layers += [larger, Gated(layer, norm)]
        self.layers = nn.Sequential(*layers, *_colours(to_colours, values))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def _colours(layers: nn.Sequential, values: PictureValues) -> list[nn.Module]:
    first, leaky, last = layers
    assert isinstance(first, nn.Conv2d)
    assert isinstance(leaky, nn.LeakyReLU)
    assert isinstance(last, nn.Conv2d)
    assert first.bias is not None
    # half the slope's magnitude on either side: int8 has few steps for what is small
    root = leaky.negative_slope**0.5
    both = _three_by_three(
        torch.cat([first.weight, -root * first.weight]),
        torch.cat([first.bias, -root * first.bias]),
    )
    mixed = torch.cat([last.weight, -root * last.weight], 1)
    return [both, nn.ReLU(), *values.folded(convolution(mixed, last.bias, (1, 1), (0, 0)))]
