"""Take the shift that quantization gives to each channel's mean out of the biases.

Rounded weights and activations move the mean of what a layer gives, and the next layers add their
own shifts. Layer by layer, the mean difference between the float network and a simulation of the
int8 one, on examples, is added to the bias (Nagel et al. 2019, section 4.2 and appendix D: the
empirical way). Biases are int32, so the correction itself is not rounded away.

The simulation rounds as TFLite does: weights symmetric with a scale per output channel, maps with
one scale and a zero point from their smallest and largest value.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from convert.architectures.folding import Signs, Weighted, per_output, with_weights

_WEIGHT_STEPS = 127


@dataclass(frozen=True)
class Grid:
    """The values that a quantized map can have: `step` apart, from `first` on, 0 among them."""

    step: float
    zero: int
    steps: int

    @classmethod
    def of(cls, values: list[Tensor], bits: int) -> Grid:
        """From the smallest to the largest of `values`."""
        low = min(0.0, *(float(each.min()) for each in values))
        high = max(1e-12, *(float(each.max()) for each in values))
        step = (high - low) / (2**bits - 1)
        return cls(step, round(-low / step), 2**bits - 1)

    def __call__(self, values: Tensor) -> Tensor:
        places = (values / self.step).round_().add_(self.zero).clamp_(0, self.steps)
        return places.sub_(self.zero).mul_(self.step)


@torch.no_grad()
def correct_bias(
    chain: nn.Sequential,
    examples: Tensor,
    reference: nn.Sequential | None = None,
    activation_bits: int = 8,
) -> nn.Sequential:
    """`chain` with biases for int8. In float it is off by what they make up for.

    `chain`: as `fold`, `equalize` or `clip` give it. `examples`: `(n, …)`, inputs in PyTorch's
    layout, as they set the ranges; all their maps of one layer are held at a time. `reference`:
    the chain as it was before its activations were clipped; `activation_bits`: 16 for 16x8.
    """
    layers = list(chain)
    exact = [example[None] for example in examples]
    grid = Grid.of(exact, activation_bits)
    rounded = [grid(x) for x in exact]
    for place, wanted in enumerate(reference or chain):
        layer = layers[place]
        if isinstance(layer, Weighted) and not isinstance(layer, Signs):
            assert isinstance(wanted, Weighted)
            weight = _rounded_weight(layer)
            shift = _mean_difference(
                wanted, with_weights(layer, weight, layer.bias), exact, rounded
            )
            bias = shift if layer.bias is None else layer.bias + shift
            layers[place] = with_weights(layer, layer.weight, bias)
            layer = with_weights(layer, weight, bias)
        exact = [wanted(x) for x in exact]
        rounded = [layer(x) for x in rounded]
        if _ends_an_operator(layers, place):
            grid = Grid.of(rounded, activation_bits)
        rounded = [grid(x) for x in rounded] if _rounds(layers, place) else rounded
    return nn.Sequential(*layers).eval()


def _rounded_weight(layer: Weighted) -> Tensor:
    """The weights as int8 with a scale per output channel, in float."""
    largest = layer.weight.abs().flatten(1).amax(1).clamp_min(1e-12)
    step = per_output(layer, largest / _WEIGHT_STEPS)
    return (layer.weight / step).round_().mul_(step)


def _mean_difference(
    wanted: Weighted, layer: Weighted, exact: list[Tensor], rounded: list[Tensor]
) -> Tensor:
    """By how much the means of the layer's outputs fall short, `(channels,)`."""
    differences = [wanted(a) - layer(b) for a, b in zip(exact, rounded, strict=True)]
    means = [each.transpose(0, 1).flatten(1).mean(1) for each in differences]
    return torch.stack(means).mean(0)


def _ends_an_operator(layers: list[nn.Module], place: int) -> bool:
    """Whether TFLite gives what this layer gives a range of its own."""
    if isinstance(layers[place], nn.ReLU | nn.ReLU6):
        return True
    following = layers[place + 1] if place + 1 < len(layers) else None
    return isinstance(layers[place], Weighted) and not isinstance(following, nn.ReLU | nn.ReLU6)


def _rounds(layers: list[nn.Module], place: int) -> bool:
    return isinstance(layers[place], nn.AvgPool2d) or _ends_an_operator(layers, place)
