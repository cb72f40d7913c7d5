"""BatchNorm goes, and what the network computes stays."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from convert.architectures.folding import Signs, ToVector, fold


def normalised(channels: int, *, negative: bool, kind: type = nn.BatchNorm2d) -> nn.Module:
    """BatchNorm with statistics far from 0 and 1; some scales negative, one of them 0."""
    norm = kind(channels)
    scales = torch.rand(channels) + 0.2
    if negative:
        scales[::2] *= -1
        scales[1] = 0
    norm.load_state_dict(
        {
            "weight": scales,
            "bias": torch.randn(channels),
            "running_mean": torch.randn(channels),
            "running_var": torch.rand(channels) + 0.3,
            "num_batches_tracked": torch.tensor(1),
        }
    )
    return norm.eval()


def kinds(chain: nn.Sequential) -> list[type]:
    return [type(layer) for layer in chain]


def worst(chain: nn.Sequential, x: Tensor) -> float:
    """Largest change that folding makes, as a share of the largest output."""
    with torch.no_grad():
        expected, got = chain.eval()(x), fold(chain)(x)
    return float((got - expected).abs().max() / expected.abs().max())


@pytest.mark.parametrize("negative", [False, True])
def test_batch_norm_after_relu_goes_into_the_next_convolution(negative: bool) -> None:
    torch.manual_seed(0)
    chain = nn.Sequential(
        nn.Conv2d(2, 6, 4), nn.ReLU(), normalised(6, negative=negative), nn.Conv2d(6, 3, 4)
    )
    assert worst(chain, torch.randn(2, 2, 12, 11)) < 1e-5
    assert kinds(fold(chain)) == [nn.Conv2d, nn.ReLU, nn.Conv2d]


def test_a_positive_scale_goes_through_a_max_pool() -> None:
    torch.manual_seed(1)
    norm = normalised(6, negative=False)
    chain = nn.Sequential(
        nn.Conv2d(2, 6, 4), nn.ReLU(), norm, nn.MaxPool2d((2, 1)), nn.Conv2d(6, 3, 4)
    )
    assert worst(chain, torch.randn(2, 2, 15, 11)) < 1e-5
    assert kinds(fold(chain)) == [nn.Conv2d, nn.ReLU, nn.MaxPool2d, nn.Conv2d]


def test_a_negative_scale_goes_through_a_max_pool_with_its_sign_changed_twice() -> None:
    torch.manual_seed(2)
    norm = normalised(6, negative=True)
    chain = nn.Sequential(
        nn.Conv2d(2, 6, 4), nn.ReLU(), norm, nn.MaxPool2d((2, 1)), nn.Conv2d(6, 3, 4)
    )
    assert worst(chain, torch.randn(2, 2, 15, 11)) < 1e-5
    folded = fold(chain)
    assert kinds(folded) == [nn.Conv2d, nn.MaxPool2d, Signs, nn.ReLU, nn.Conv2d]
    assert folded[2].weight.flatten().tolist() == [-1, 1, -1, 1, -1, 1]


def test_negative_scales_without_the_sign_change_would_be_wrong() -> None:
    torch.manual_seed(2)
    norm = normalised(6, negative=True)
    chain = nn.Sequential(nn.Conv2d(2, 6, 4), nn.ReLU(), norm, nn.Conv2d(6, 3, 4))
    folded = fold(chain)
    pooled = nn.Sequential(*chain[:3], nn.MaxPool2d((2, 1)), chain[3])
    careless = nn.Sequential(*folded[:2], nn.MaxPool2d((2, 1)), folded[2])
    x = torch.randn(1, 2, 15, 11)
    with torch.no_grad():
        assert not torch.allclose(pooled.eval()(x), careless(x), atol=0.1)


def test_a_negative_scale_stays_where_its_sign_cannot_be_changed() -> None:
    torch.manual_seed(3)
    norm = normalised(6, negative=True)
    chain = nn.Sequential(norm, nn.MaxPool2d((2, 1)), nn.Conv2d(6, 3, 4))
    assert worst(chain, torch.randn(2, 6, 15, 11)) < 1e-5
    assert kinds(fold(chain)) == [nn.BatchNorm2d, nn.MaxPool2d, nn.Conv2d]


def test_any_scale_goes_through_an_average_pool() -> None:
    torch.manual_seed(4)
    norm = normalised(6, negative=True)
    chain = nn.Sequential(norm, nn.AvgPool2d((2, 1)), nn.Conv2d(6, 3, 4))
    assert worst(chain, torch.randn(2, 6, 15, 11)) < 1e-5
    assert kinds(fold(chain)) == [nn.AvgPool2d, nn.Conv2d]


@pytest.mark.parametrize("bias", [False, True])
def test_batch_norm_right_after_a_layer_goes_back_into_it(bias: bool) -> None:
    torch.manual_seed(5)
    dense = nn.Sequential(
        nn.Linear(7, 6, bias=bias), normalised(6, negative=True, kind=nn.BatchNorm1d), nn.ReLU()
    )
    assert worst(dense, torch.randn(4, 7)) < 1e-5
    assert kinds(fold(dense)) == [nn.Linear, nn.ReLU]
    convolution = nn.Sequential(nn.Conv2d(2, 6, 3, 2, 1, bias=bias), normalised(6, negative=True))
    assert worst(convolution, torch.randn(2, 2, 9, 9)) < 1e-5
    assert kinds(fold(convolution)) == [nn.Conv2d]


def test_batch_norm_after_relu_goes_into_the_next_dense_layer() -> None:
    torch.manual_seed(6)
    norm = normalised(6, negative=True, kind=nn.BatchNorm1d)
    chain = nn.Sequential(nn.ReLU(), norm, nn.Linear(6, 3))
    assert worst(chain, torch.randn(4, 6)) < 1e-5
    assert kinds(fold(chain)) == [nn.ReLU, nn.Linear]


def test_batch_norm_stays_before_padding_before_groups_and_at_the_end() -> None:
    torch.manual_seed(7)
    for after in ([nn.Conv2d(6, 3, 3, padding=1)], [nn.Conv2d(6, 6, 3, groups=6)], []):
        chain = nn.Sequential(nn.ReLU(), normalised(6, negative=False), *after)
        assert nn.BatchNorm2d in kinds(fold(chain))
        assert worst(chain, torch.randn(2, 6, 8, 8)) < 1e-6


def test_weights_that_do_not_change_are_shared_and_the_chain_is_left_alone() -> None:
    torch.manual_seed(8)
    chain = nn.Sequential(
        nn.Conv2d(2, 6, 4), nn.ReLU(), normalised(6, negative=False), nn.Conv2d(6, 3, 4)
    )
    before = chain[3].weight.clone()
    folded = fold(chain)
    assert folded[0].weight.data_ptr() == chain[0].weight.data_ptr()
    assert torch.equal(chain[3].weight, before)


def test_a_map_becomes_a_vector_frequency_before_channel() -> None:
    x = torch.arange(24.0).view(1, 3, 2, 4)
    assert ToVector()(x).tolist() == [x.permute(0, 2, 3, 1).flatten().tolist()]
