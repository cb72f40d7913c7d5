"""Weights on int8's grid whose errors cancel on examples."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from convert.architectures.folding import Signs, per_output, with_weights
from convert.quantization.round_weights import STEPS, round_weights


def smooth(count: int, seed: int) -> Tensor:
    """Maps whose neighbouring cells are alike, as those of a spectrogram."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(count, 3, 40, 36, generator=generator)
    return nn.functional.avg_pool2d(noise, 5, 1) * 4 + 1


def network(bias: bool = True) -> nn.Sequential:
    torch.manual_seed(0)
    layers = [
        nn.Conv2d(3, 16, 4, bias=bias),
        nn.ReLU(),
        nn.MaxPool2d((2, 1)),
        nn.Conv2d(16, 8, 4, 2),
    ]
    return nn.Sequential(*layers).requires_grad_(False).eval()


def to_nearest(layer: nn.Conv2d) -> nn.Conv2d:
    step = per_output(layer, layer.weight.abs().flatten(1).amax(1) / STEPS)
    rounded = with_weights(layer, (layer.weight / step).round() * step, layer.bias)
    assert isinstance(rounded, nn.Conv2d)
    return rounded


def worst(got: nn.Sequential, wanted: nn.Sequential, x: Tensor) -> float:
    return float((got(x) - wanted(x)).square().mean().sqrt())


@pytest.mark.parametrize("bias", [False, True])
def test_the_outputs_on_other_examples_are_nearer_than_with_the_nearest_weights(bias: bool) -> None:
    chain, others = network(bias), smooth(8, seed=5)
    nearest = nn.Sequential(*(to_nearest(m) if isinstance(m, nn.Conv2d) else m for m in chain))
    got = round_weights(chain, smooth(8, seed=1))
    assert worst(got, chain, others) < 0.5 * worst(nearest, chain, others)


def test_the_weights_are_on_the_grid_that_a_converter_finds() -> None:
    rounded = round_weights(network(), smooth(4, seed=1))
    for layer, original in zip(rounded, network(), strict=True):
        if isinstance(layer, nn.Conv2d):
            assert isinstance(original, nn.Conv2d)
            largest = layer.weight.abs().flatten(1).amax(1)
            torch.testing.assert_close(largest, original.weight.abs().flatten(1).amax(1))
            places = layer.weight / per_output(layer, largest / STEPS)
            torch.testing.assert_close(places, places.round(), atol=1e-3, rtol=0)
            torch.testing.assert_close(to_nearest(layer).weight, layer.weight)


def test_the_same_seed_gives_the_same_weights_and_the_chain_is_left_alone() -> None:
    chain = network()
    before = chain[0].weight.clone()
    one, two = (round_weights(chain, smooth(4, seed=1)) for _ in range(2))
    assert torch.equal(one[3].weight, two[3].weight)
    assert torch.equal(chain[0].weight, before)


def test_dense_and_depthwise_layers_stay_as_they_are() -> None:
    signs, dense = Signs(torch.tensor([1.0, -1.0, 1.0])), nn.Linear(3 * 36 * 32, 4)
    chain = nn.Sequential(signs, nn.Flatten(), dense).requires_grad_(False)
    rounded = round_weights(chain, smooth(2, seed=1))
    assert rounded[0] is signs
    assert rounded[2] is dense


def test_a_channel_of_zeros_stays_0() -> None:
    chain = network()
    chain[0].weight[2] = 0
    rounded = round_weights(chain, smooth(4, seed=1))
    assert not bool(rounded[0].weight[2].any())
    assert bool(torch.isfinite(rounded[3].weight).all())
