"""Give the channels of a map the same range before it is quantized.

Int8 has one scale for a whole map: a channel whose values are small gets few steps of it. A scale
per channel goes through ReLU and pools, so each channel may be divided by its range, and the next
layer's weights multiplied by it; the network computes what it computed (Nagel et al. 2019, Data-
Free Quantization). There the ranges of the weights are made equal. TFLite has a scale per output
channel for those, so here it is the ranges of the activations, on examples.

Speech has long tails: a few loud cells set the range, 25 times the typical value. A quantile for
the range, and a cut above it, make the steps finer for all the rest. With a range of 6 the cut is
ReLU6, which costs nothing as part of the convolution. It is not exact in float; equalizing is.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from convert.architectures.folding import Signs, Weighted, per_input, per_output, with_weights
from convert.nets.net import Floats

QUANTILE = 0.9999
"""share of a channel's values that are kept as they are"""
INPUT_QUANTILE = 0.999
"""the same for the network's input"""
TOP = 6.0
"""what the ranges become"""
_LEAST = 1e-3
"""smallest range of a channel, as a share of the map's: a channel may be always 0"""

Ranges = dict[int, Tensor]
"""place of a convolution in the chain → range of its channels `(channels,)`, all above 0"""


@torch.no_grad()
def ranges(chain: nn.Sequential, examples: Tensor, quantile: float = QUANTILE) -> Ranges:
    """What `quantile` of the magnitudes in each channel stays below, over all examples.

    `examples`: `(n, C, H, W)`, in PyTorch's layout; they are run one by one. For the convolutions
    whose channels can be scaled: another convolution follows behind ReLU and pools.
    """
    measured = {_measured_at(chain, place): place for place, _ in _pairs(chain)}
    largest: Ranges = {}
    for example in examples:
        x = example[None]
        for at, layer in enumerate(chain):
            x = layer(x)
            if (place := measured.get(at)) is not None:
                values = x[0].flatten(1).abs()
                keep = 1 + int((1 - quantile) * values.shape[1] * len(examples))
                known = torch.cat([largest[place], values], 1) if place in largest else values
                largest[place] = known.topk(min(keep, known.shape[1])).values
    edges = {place: values[:, -1] for place, values in largest.items()}
    return {place: edge.clamp_min(_floor(edge)) for place, edge in edges.items()}


@torch.no_grad()
def equalize(chain: nn.Sequential, found: Ranges) -> nn.Sequential:
    """The same function with the channels scaled so that their ranges are all TOP.

    `chain`: as `fold` gives it. `found`: of this chain.
    """
    layers = list(chain)
    for place, following in _pairs(chain):
        scale = found[place] / TOP
        before, after = layers[place], layers[following]
        assert isinstance(before, Weighted)
        assert isinstance(after, Weighted)
        bias = None if before.bias is None else before.bias / scale
        layers[place] = with_weights(before, before.weight / per_output(before, scale), bias)
        layers[following] = with_weights(after, after.weight * per_input(after, scale), after.bias)
    return nn.Sequential(*layers).eval()


def clip(equalized: nn.Sequential) -> nn.Sequential:
    """An equalized chain whose activations are cut off at the end of their range."""
    layers = list(equalized)
    for place, _ in _pairs(equalized):
        if isinstance(layers[place + 1], nn.ReLU):
            layers[place + 1] = nn.ReLU6()
    return nn.Sequential(*layers).eval()


def clip_inputs(examples: Floats, quantile: float = INPUT_QUANTILE) -> Floats:
    """The examples with their tails cut off, which gives the input finer steps.

    The board then cuts off what it hears in the same way: int8 has no larger values.
    """
    edge = float(np.quantile(np.abs(examples), quantile))
    return np.clip(examples, -edge, edge)


def _pairs(chain: nn.Sequential) -> Iterator[tuple[int, int]]:
    """Places of convolutions with nothing between them that a scale per channel does not pass."""
    before: int | None = None
    for place, layer in enumerate(chain):
        if isinstance(layer, Signs | nn.ReLU | nn.MaxPool2d | nn.AvgPool2d):
            continue
        plain = isinstance(layer, nn.Conv2d) and layer.groups == 1
        if plain and before is not None:
            yield before, place
        before = place if plain else None


def _measured_at(chain: nn.Sequential, place: int) -> int:
    """Where the range of a convolution's outputs is decided: its ReLU, where that is part of it."""
    return place + 1 if isinstance(chain[place + 1], nn.ReLU) else place


def _floor(edge: Tensor) -> float:
    return max(float(edge.max()) * _LEAST, 1e-12)
