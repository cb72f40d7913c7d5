"""Biases that make up for the shift that rounding gives to the means."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from convert.architectures.folding import ToVector, per_output, with_weights
from convert.quantization.correct_bias import Grid, correct_bias
from convert.quantization.equalize import clip, equalize, ranges


def network(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return (
        nn.Sequential(
            nn.Conv2d(2, 16, 4),
            nn.ReLU(),
            nn.MaxPool2d((2, 1)),
            nn.Conv2d(16, 16, 4),
            nn.ReLU(),
            nn.Conv2d(16, 8, 4, 2),
            nn.AvgPool2d((2, 1)),
            ToVector(),
        )
        .requires_grad_(False)
        .eval()
    )


def positive(count: int, seed: int = 1) -> Tensor:
    """Inputs whose mean is not 0, as behind a ReLU: rounded weights shift what they give."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, 2, 24, 20, generator=generator)


def coarse(chain: nn.Sequential, steps: int = 7) -> nn.Sequential:
    """Weights with few steps, as if by 4 bits."""
    layers = []
    for layer in chain:
        if isinstance(layer, nn.Conv2d):
            step = per_output(layer, layer.weight.abs().flatten(1).amax(1) / steps)
            layer = with_weights(layer, (layer.weight / step).round() * step, layer.bias)
        layers.append(layer)
    return nn.Sequential(*layers)


def in_int8(chain: nn.Sequential, x: Tensor, calibration: Tensor) -> Tensor:
    """The chain with weights and maps rounded as TFLite does."""
    rounded = coarse(chain, 127)
    grid = Grid.of([calibration], 8)
    x, calibration = grid(x), calibration
    for place, layer in enumerate(rounded):
        x, calibration = layer(x), layer(calibration)
        fused = place + 1 < len(rounded) and isinstance(rounded[place + 1], nn.ReLU | nn.ReLU6)
        if isinstance(layer, nn.Conv2d | nn.ReLU | nn.ReLU6) and not fused:
            x = Grid.of([calibration], 8)(x)
    return x


def shift(got: Tensor, expected: Tensor) -> float:
    """How far the means of the outputs are off, as a share of the outputs' spread."""
    return float(((got - expected).mean(0) / expected.std(0)).square().mean().sqrt())


def test_the_means_of_the_int8_outputs_are_right_on_other_examples() -> None:
    chain, examples, others = network(), positive(24), positive(48, seed=7)
    corrected = correct_bias(chain, examples)
    expected = chain(others)
    before = shift(in_int8(chain, others, examples), expected)
    after = shift(in_int8(corrected, others, examples), expected)
    assert after < 0.5 * before


def test_what_clipping_takes_from_the_means_is_given_back() -> None:
    chain, examples, others = network(), positive(24), positive(48, seed=7)
    equalized = equalize(chain, ranges(chain, examples, quantile=0.9))
    clipped = clip(equalized)
    corrected = correct_bias(clipped, examples, reference=equalized)
    expected = chain(others)
    assert shift(clipped(others), expected) > 0.1
    assert shift(corrected(others), expected) < 0.5 * shift(clipped(others), expected)


def test_biases_alone_change_and_the_chain_is_left_alone() -> None:
    chain = network()
    before = {name: value.clone() for name, value in chain.state_dict().items()}
    corrected = correct_bias(chain, positive(4))
    for name, value in corrected.state_dict().items():
        assert torch.equal(value, before[name]) == name.endswith("weight")
    assert all(torch.equal(v, before[n]) for n, v in chain.state_dict().items())


def test_with_16_bits_the_rounded_weights_are_all_that_is_corrected() -> None:
    chain, examples = network(), positive(8)
    corrected = correct_bias(chain, examples, activation_bits=16)
    expected = (chain[0](examples) - coarse(chain, 127)[0](examples)).mean((0, 2, 3))
    torch.testing.assert_close(corrected[0].bias - chain[0].bias, expected, atol=1e-6, rtol=1e-2)


def test_the_grid_has_0_among_its_values_and_keeps_the_ends() -> None:
    values = torch.tensor([-0.3, 0.0, 0.1, 2.0])
    grid = Grid.of([values], 8)
    rounded = grid(values)
    assert rounded[1] == 0
    torch.testing.assert_close(rounded, values, atol=grid.step / 2 + 1e-6, rtol=0)
    assert grid(torch.tensor([9.0])) == rounded.max()
