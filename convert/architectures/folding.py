"""Take BatchNorm out of a chain of layers, in whichever direction it goes.

Right after a convolution or a dense layer BatchNorm is a scale and a shift of that layer's
outputs. In Speech2Face's voice encoder it comes after ReLU, where that is not so: there its scale
and shift go forward, through pools, into the weights of the next layer. That is exact where the
next layer has no padding, whose zeros the shift does not reach.

A max-pool commutes with a positive scale alone. A negative one makes the largest value the
smallest: such a channel is computed with its sign changed and changed back behind the pool,
where ReLU may as well be. One multiplication by ±1, on the smaller map, does it for all channels:

    max(scale · ReLU(x))  =  scale · ReLU(−max(−x))    where scale < 0
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from convert.architectures.layers import convolution, dense

Weighted = nn.Conv2d | nn.Linear
Norm = nn.BatchNorm1d | nn.BatchNorm2d
Pool = nn.MaxPool2d | nn.AvgPool2d


class Signs(nn.Conv2d):
    """Changes the sign of some channels: a depthwise 1×1 convolution, exact in int8 too."""

    def __init__(self, signs: Tensor) -> None:
        channels = len(signs)
        super().__init__(channels, channels, 1, groups=channels, bias=False, device="meta")
        self.weight = nn.Parameter(signs.view(-1, 1, 1, 1), requires_grad=False)


class ToVector(nn.Module):
    """(n, C, H, W) → (n, H·W·C): the order of values in TFLite, so that nothing moves there."""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1).flatten(1)


@torch.no_grad()
def fold(chain: nn.Sequential) -> nn.Sequential:
    """The same function without BatchNorm.

    `chain`: convolutions, dense layers, BatchNorm (as in evaluation), ReLU, pools. The result
    shares the weights that did not change. A BatchNorm stays where nothing can take it in: at the
    end, before padding, before layers of other kinds.
    """
    layers: list[nn.Module] = []
    for layer in chain:
        if isinstance(layer, Norm) and layers and _is_plain(layers[-1]):
            layers[-1] = _after(layers[-1], *_affine(layer))  # type: ignore[arg-type]
        elif isinstance(layer, Weighted) and (place := _waiting(layers, layer)) is not None:
            scale, shift = _affine(layers[place])
            if _turns(layers, place):
                _turn(layers, place, torch.where(scale < 0, -1.0, 1.0))
            else:
                del layers[place]
            layers.append(_before(scale, shift, layer))
        else:
            layers.append(layer)
    return nn.Sequential(*layers).eval()


def with_weights(layer: Weighted, weight: Tensor, bias: Tensor | None) -> Weighted:
    """A layer like `layer` with these weights, which it does not copy."""
    if isinstance(layer, nn.Linear):
        return dense(weight, bias)
    return convolution(weight, bias, layer.stride, layer.padding)  # type: ignore[arg-type]


def per_output(layer: Weighted, values: Tensor) -> Tensor:
    """`(outputs,)` in a shape that multiplies the layer's weights output by output."""
    return values.view(-1, *[1] * (layer.weight.ndim - 1))


def per_input(layer: Weighted, values: Tensor) -> Tensor:
    """`(inputs,)` in a shape that multiplies the layer's weights input by input."""
    return values.view(1, -1, *[1] * (layer.weight.ndim - 2))


def _is_plain(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Linear) or (isinstance(layer, nn.Conv2d) and layer.groups == 1)


def _affine(norm: nn.Module) -> tuple[Tensor, Tensor]:
    """What BatchNorm does in evaluation: scale and shift, `(channels,)` each."""
    assert isinstance(norm, Norm)
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError("A BatchNorm without running statistics depends on its batch.")
    # in double precision, because the shift is a difference
    scale = torch.rsqrt(norm.running_var.double() + norm.eps)
    shift = -norm.running_mean.double() * scale
    if norm.affine:
        scale, shift = scale * norm.weight, shift * norm.weight + norm.bias
    return scale.float(), shift.float()


def _after(layer: Weighted, scale: Tensor, shift: Tensor) -> Weighted:
    """`layer`, then the scale and the shift."""
    bias = shift if layer.bias is None else layer.bias * scale + shift
    return with_weights(layer, layer.weight * per_output(layer, scale), bias)


def _before(scale: Tensor, shift: Tensor, layer: Weighted) -> Weighted:
    """The scale and the shift, then `layer`."""
    weight = layer.weight if isinstance(layer, nn.Linear) else layer.weight.sum((2, 3))
    bias = weight @ shift if layer.bias is None else weight @ shift + layer.bias
    return with_weights(layer, layer.weight * per_input(layer, scale), bias)


def _waiting(layers: list[nn.Module], layer: Weighted) -> int | None:
    """The place of the BatchNorm whose scale and shift `layer` can take in."""
    if not _is_plain(layer) or (isinstance(layer, nn.Conv2d) and layer.padding != (0, 0)):
        return None
    place = len(layers) - 1
    while place >= 0 and isinstance(layers[place], Pool) and layers[place].padding in (0, (0, 0)):
        place -= 1
    if place < 0 or not isinstance(layers[place], Norm):
        return None
    return None if _turns(layers, place) and not _can_turn(layers, place) else place


def _turns(layers: list[nn.Module], place: int) -> bool:
    """Whether a negative scale at `place` goes through a max-pool."""
    pools = layers[place + 1 :]
    scale, _ = _affine(layers[place])
    return bool((scale < 0).any()) and any(isinstance(pool, nn.MaxPool2d) for pool in pools)


def _can_turn(layers: list[nn.Module], place: int) -> bool:
    return (
        place >= 2
        and isinstance(layers[place - 2], nn.Conv2d)
        and isinstance(layers[place - 1], nn.ReLU)
        and all(isinstance(pool, nn.MaxPool2d) for pool in layers[place + 1 :])
    )


def _turn(layers: list[nn.Module], place: int, signs: Tensor) -> None:
    """Convolution, ReLU, BatchNorm, pools → convolution of either sign, pools, signs, ReLU."""
    convolution, relu, _, *pools = layers[place - 2 :]
    turned = _after(convolution, signs, torch.zeros_like(signs))  # type: ignore[arg-type]
    layers[place - 2 :] = [turned, *pools, Signs(signs), relu]
