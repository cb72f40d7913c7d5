"""The paper's voice encoder: cut into trunk and head it computes what it computes whole."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from convert.architectures.folding import Signs
from convert.architectures.random_weights import assign_random_weights
from convert.architectures.speech2face import Sizes, Speech2Face, frames, head, trunk
from convert.gate.graph import read_graph
from convert.gate.op_gate import inspect
from convert.nets.torch_net import TorchNet
from convert.quantization.quantize import quantize

NARROW = Sizes(channels=(4, 4, 6, 6, 6, 8, 8, 8, 8), bins=41, feature=16)


def speech_like(clips: int, length: int, bins: int = NARROW.bins) -> Tensor:
    return torch.randn(clips, 2, length, bins, generator=torch.Generator().manual_seed(3))


def encoder(*, negative: bool = False, **settings: bool) -> Speech2Face:
    network = Speech2Face(NARROW, **settings)
    assign_random_weights(network, speech_like(4, 323))
    if negative:
        for number in range(1, 10):
            network.get_submodule(f"bn{number}").weight.data[::2] *= -1
    return network


def as_written(network: Speech2Face, x: Tensor) -> Tensor:
    """The network of the paper's table 1, written down once more."""
    w = network.state_dict()
    for number in range(1, 10):
        name, stride = f"conv{number}.", 2 if number > 7 else 1
        x = functional.conv2d(x, w[f"{name}weight"], w[f"{name}bias"], stride)
        if number == 9:
            x = x.mean(2, keepdim=True)
        name = f"bn{number}."
        x = functional.batch_norm(
            functional.relu(x),
            w[f"{name}running_mean"],
            w[f"{name}running_var"],
            w[f"{name}weight"],
            w[f"{name}bias"],
        )
        if number in (3, 4, 5, 6):
            x = functional.max_pool2d(x, (2, 1))
    x = functional.linear(x.flatten(1), w["fc1.weight"], w["fc1.bias"])
    return functional.linear(functional.relu(x), w["fc2.weight"], w["fc2.bias"])


def streamed(network: Speech2Face, clip: Tensor, positions: int) -> Tensor:
    """Windows on the grid, mean, head."""
    run, step = trunk(network, positions), 64 * positions
    count = (clip.shape[2] - frames(positions)) // step + 1
    windows = [clip[:, :, i * step : i * step + frames(positions)] for i in range(count)]
    return head(network)(torch.stack([run(window) for window in windows]).mean(0))


def test_the_published_network_has_148_million_parameters() -> None:
    with torch.device("meta"):
        network = Speech2Face(Sizes())
    assert sum(p.numel() for p in network.parameters()) == 148_062_976
    assert network.fc1.in_features == 57 * 512


def test_the_network_is_that_of_the_paper() -> None:
    network, clip = encoder(), speech_like(2, 598)
    with torch.no_grad():
        torch.testing.assert_close(network(clip), as_written(network, clip))


@pytest.mark.parametrize("positions", [1, 2, 3, 6])
@pytest.mark.parametrize("negative", [False, True])
def test_windows_on_the_grid_give_the_whole_clip(positions: int, negative: bool) -> None:
    network, clip = encoder(negative=negative), speech_like(2, 598)
    with torch.no_grad():
        expected, got = network(clip), streamed(network, clip, positions)
    assert float((got - expected).abs().max() / expected.abs().max()) < 1e-5


def test_windows_off_the_grid_do_not() -> None:
    network, clip = encoder(), speech_like(2, 598)
    run = trunk(network, 2)
    with torch.no_grad():
        windows = [run(clip[:, :, start : start + frames(2)]) for start in (0, 100, 200)]
        got, expected = head(network)(torch.stack(windows).mean(0)), network(clip)
    assert float((got - expected).abs().max() / expected.abs().max()) > 0.05


def test_a_map_flattened_as_in_keras_and_a_last_relu_are_kept() -> None:
    network, clip = encoder(frequency_first=True, last_relu=True), speech_like(1, 598)
    with torch.no_grad():
        expected, got = network(clip), streamed(network, clip, 2)
    assert float(expected.min()) == 0
    assert float((got - expected).abs().max() / expected.abs().max()) < 1e-5


def test_nothing_but_convolutions_pools_and_dense_layers_is_left() -> None:
    kinds = [type(layer) for layer in (*trunk(encoder(), 2), *head(encoder()))]
    counts = {kind: kinds.count(kind) for kind in kinds}
    assert counts.pop(nn.ReLU) == 10
    assert {kind.__name__: count for kind, count in counts.items()} == {
        "Conv2d": 9,
        "MaxPool2d": 4,
        "AvgPool2d": 1,
        "ToVector": 1,
        "Linear": 2,
    }


def test_negative_scales_before_the_pools_cost_a_change_of_sign_each() -> None:
    kinds = [type(layer) for layer in trunk(encoder(negative=True), 2)]
    assert kinds.count(Signs) == 4
    assert nn.BatchNorm2d not in kinds


def test_random_weights_are_the_same_for_the_same_seed_and_spread_as_in_training() -> None:
    one, two = encoder(), encoder()
    assert all(
        torch.equal(a, b)
        for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True)
    )
    x = speech_like(4, 323)
    with torch.no_grad():
        for layer in one.layers():
            x = layer(x)
            if isinstance(layer, nn.BatchNorm2d):
                torch.testing.assert_close(x.mean((0, 2, 3)), layer.bias, atol=1e-3, rtol=0)
                spread = x.std((0, 2, 3))
                torch.testing.assert_close(spread, layer.weight, atol=1e-2, rtol=1e-2)


@pytest.mark.parametrize("negative", [False, True])
def test_the_int8_graphs_have_no_other_operators(negative: bool, tmp_path: Path) -> None:
    network = encoder(negative=negative)
    cut = TorchNet(trunk(network, 2), torch.zeros(1, 2, frames(2), NARROW.bins))
    rest = TorchNet(head(network), torch.zeros(1, NARROW.channels[-1] * NARROW.rows))
    windows = speech_like(4, frames(2)).permute(0, 2, 3, 1).contiguous().numpy()
    counts = {}
    for name, net, inputs in (("trunk", cut, windows), ("head", rest, cut(windows))):
        net.save(tmp_path / name, "coral")
        content = quantize(tmp_path / name, inputs, target="coral")
        assert inspect(content, "coral").passed
        counts[name] = Counter(operator.name for operator in read_graph(content).operators)
    assert counts["trunk"].pop("DEPTHWISE_CONV_2D", 0) == 4 * negative
    assert counts["trunk"] == {"CONV_2D": 9, "MAX_POOL_2D": 4, "AVERAGE_POOL_2D": 1, "RESHAPE": 1}
    assert counts["head"] == {"RELU": 1, "FULLY_CONNECTED": 2}
