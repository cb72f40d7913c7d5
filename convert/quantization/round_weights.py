"""Round the weights of convolutions so that their errors cancel in what the layer gives.

Rounding each weight to the nearest step makes errors that add up where inputs are correlated, and
those of neighbouring cells of a map are. Here the columns of a layer are rounded one after the
other, and the ones that are still to come make up for the error so far (Frantar et al. 2023, GPTQ;
Hassibi, Stork 1992). What the layer then gives on examples is nearer to what it gave. The mean is
left to the bias.

The weights stay on the grid that TFLite makes of them, a scale per output channel from the largest
magnitude: that weight keeps its value, and a converter finds the same integers again.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from convert.architectures.folding import with_weights

STEPS = 127
CELLS = 20_000
"""cells of a layer's output that the statistics of its inputs are taken from"""
_DAMPING = 0.01
"""added to the variances, as a share of their mean"""
_BLOCK = 128
"""columns whose corrections reach the rest of the matrix together"""


@torch.no_grad()
def round_weights(chain: nn.Sequential, examples: Tensor, seed: int = 0) -> nn.Sequential:
    """`chain` with the weights of its convolutions on int8's grid.

    `chain`: as `fold`, `equalize` or `clip` give it, without padding before its convolutions.
    `examples`: `(n, C, H, W)`, inputs in PyTorch's layout. Dense and depthwise layers stay as they
    are. `seed` chooses the cells.
    """
    generator = torch.Generator().manual_seed(seed)
    layers: list[nn.Module] = []
    maps = [example[None] for example in examples]
    for layer in chain:
        if isinstance(layer, nn.Conv2d) and layer.groups == 1:
            mean, covariance = _statistics(layer, maps, generator)
            layers.append(_rounded(layer, mean, covariance))
        else:
            layers.append(layer)
        maps = [layer(x) for x in maps]
    return nn.Sequential(*layers).eval()


def _statistics(
    layer: nn.Conv2d, maps: list[Tensor], generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Mean `(d,)` and covariance `(d, d)` of what each cell of the output sees of the input."""
    size = layer.weight[0].numel()
    total, products, count = torch.zeros(size), torch.zeros(size, size), 0
    for x in maps:
        padding = layer.padding
        assert not isinstance(padding, str)
        (seen,) = functional.unfold(x, layer.kernel_size, padding=padding, stride=layer.stride)
        wanted = min(seen.shape[1], -(-CELLS // len(maps)))
        seen = seen[:, torch.randperm(seen.shape[1], generator=generator)[:wanted]]
        total += seen.sum(1)
        products.addmm_(seen, seen.T)
        count += wanted
    mean = total / count
    return mean, (products / count).addr_(mean, mean, alpha=-1)


def _rounded(layer: nn.Conv2d, mean: Tensor, covariance: Tensor) -> nn.Conv2d:
    before = layer.weight.flatten(1)
    after = _on_grid(before, covariance)
    shift = (before - after) @ mean
    bias = shift if layer.bias is None else layer.bias + shift
    rounded = with_weights(layer, after.view_as(layer.weight), bias)
    assert isinstance(rounded, nn.Conv2d)
    return rounded


def _on_grid(weight: Tensor, covariance: Tensor) -> Tensor:
    """`weight` `(outputs, d)` rounded column by column, the largest variance first."""
    largest, where = weight.abs().max(1)
    step = largest.clamp_min(1e-12) / STEPS
    order = covariance.diagonal().argsort(descending=True)
    factor = _factor(covariance[order][:, order])
    left, places = weight[:, order].clone(), torch.empty_like(weight)
    anchor = order.argsort()[where]
    rows = torch.arange(len(weight))
    signs = weight[rows, where].sign()
    for start in range(0, left.shape[1], _BLOCK):
        end = min(start + _BLOCK, left.shape[1])
        errors = torch.empty(len(weight), end - start)
        for column in range(start, end):
            rounded = (left[:, column] / step).round().clamp_(-STEPS, STEPS)
            rounded = torch.where(anchor == column, signs * STEPS, rounded)
            places[:, column] = rounded
            error = (left[:, column] - rounded * step) / factor[column, column]
            left[:, column:end] -= error[:, None] * factor[column, column:end]
            errors[:, column - start] = error
        left[:, end:] -= errors @ factor[start:end, end:]
    return places[:, order.argsort()] * step[:, None]


def _factor(covariance: Tensor) -> Tensor:
    """Upper Cholesky factor of the inverse, `(d, d)`."""
    damped = covariance.double()
    damped.diagonal().add_(_DAMPING * damped.diagonal().mean().clamp_min(1e-12))
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(damped))
    return torch.linalg.cholesky(inverse, upper=True).float()
