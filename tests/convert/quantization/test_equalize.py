"""Equal ranges in every channel: the same function, in finer steps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convert.architectures.folding import Signs, ToVector
from convert.quantization.equalize import TOP, clip, clip_inputs, equalize, ranges


def uneven(*, negative: bool = False) -> nn.Sequential:
    """Convolutions whose channels differ a hundredfold; in the second map one is always 0."""
    torch.manual_seed(0)
    first, second, third = nn.Conv2d(2, 8, 4), nn.Conv2d(8, 8, 4), nn.Conv2d(8, 4, 4, 2)
    with torch.no_grad():
        for layer in (first, second):
            scale = torch.logspace(-1, 1, 8)
            layer.weight *= scale.view(-1, 1, 1, 1)
            layer.bias *= scale
        second.bias[3] = -1e4
    signs = Signs(torch.tensor([-1.0, 1.0] * 4))
    between = [nn.MaxPool2d((2, 1)), signs, nn.ReLU()] if negative else [nn.ReLU()]
    pool = [] if negative else [nn.MaxPool2d((2, 1))]
    rest = [second, nn.ReLU(), third, nn.AvgPool2d((2, 1)), ToVector()]
    return nn.Sequential(first, *between, *pool, *rest).requires_grad_(False).eval()


def speech_like(count: int = 6, seed: int = 1) -> Tensor:
    """Values with long tails, as a spectrogram has."""
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(count, 2, 24, 20, generator=generator)
    return values * torch.rand(values.shape, generator=generator).pow(3) * 4


def channel_ranges(chain: nn.Sequential, x: Tensor, place: int) -> Tensor:
    return chain[: place + 1](x).abs().transpose(0, 1).flatten(1).amax(1)


@pytest.mark.parametrize("negative", [False, True])
def test_the_function_stays_the_same(negative: bool) -> None:
    chain, x = uneven(negative=negative), speech_like()
    equalized = equalize(chain, ranges(chain, x))
    expected, got = chain(x), equalized(x)
    assert float((got - expected).abs().max() / expected.abs().max()) < 1e-5
    other = speech_like(seed=9)
    torch.testing.assert_close(equalized(other), chain(other), rtol=1e-4, atol=1e-3)


def test_every_channel_gets_the_same_range_but_one_that_is_always_0() -> None:
    chain, x = uneven(), speech_like()
    assert float(channel_ranges(chain, x, 1).max() / channel_ranges(chain, x, 1).min()) > 20
    equalized = equalize(chain, ranges(chain, x, quantile=1.0))
    torch.testing.assert_close(channel_ranges(equalized, x, 1), torch.full((8,), TOP))
    got = channel_ranges(equalized, x, 4)
    assert got[3] == 0
    torch.testing.assert_close(got[torch.arange(8) != 3], torch.full((7,), TOP))


def test_where_signs_change_the_range_is_that_of_the_convolution() -> None:
    chain, x = uneven(negative=True), speech_like()
    equalized = equalize(chain, ranges(chain, x, quantile=1.0))
    torch.testing.assert_close(channel_ranges(equalized, x, 0), torch.full((8,), TOP))


def test_a_quantile_leaves_out_the_tail() -> None:
    chain, x = uneven(), speech_like()
    found = ranges(chain, x, quantile=0.99)
    values = chain[:2](x).transpose(0, 1).flatten(1)
    above = (values > found[0][:, None]).float().mean(1)
    assert float(above.max()) <= 0.01
    assert float(above.min()) > 0.008


def test_clipping_cuts_off_the_tail_alone() -> None:
    chain, x = uneven(), speech_like()
    equalized = equalize(chain, ranges(chain, x, quantile=0.99))
    clipped = clip(equalized)
    torch.testing.assert_close(clipped[:2](x), equalized[:2](x).clamp(max=TOP))
    whole = clip(equalize(chain, ranges(chain, x, quantile=1.0)))
    torch.testing.assert_close(whole(x), chain(x), rtol=1e-4, atol=1e-3)


def test_the_last_map_and_what_a_sign_change_follows_are_not_clipped() -> None:
    kinds = [type(layer) for layer in clip(uneven(negative=True))]
    assert kinds.count(nn.ReLU6) == 1
    assert kinds.count(nn.ReLU) == 1


def test_the_tails_of_the_inputs_are_cut_off_on_both_sides() -> None:
    values = np.concatenate([np.linspace(-1, 1, 1000), [-50, 80]]).astype(np.float32)
    got = clip_inputs(values, 0.99)
    assert got.dtype == np.float32
    assert -got.min() == got.max() < 1
    np.testing.assert_array_equal(got[100:900], values[100:900])
