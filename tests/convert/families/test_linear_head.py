"""An attribute's dense layers as bare weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from onnx_cases import int8_graph, names, normal
from torch import nn

from convert.checkpoints.checkpoint import Checkpoint
from convert.checkpoints.reader import read_checkpoint
from convert.errors import CheckpointError
from convert.families import linear_head
from convert.nets.net import relative_error
from convert.recipe import AttributeRecipe

RECIPE = AttributeRecipe(name="gender")


def saved(folder: Path, weights: dict[str, torch.Tensor]) -> Checkpoint:
    torch.save(weights, folder / "head.pt")
    return read_checkpoint(folder / "head.pt")


@pytest.mark.parametrize("prefix", ["", "head."])
def test_layers_are_put_in_order_with_relu_between(prefix: str, tmp_path: Path) -> None:
    module = nn.Sequential(
        nn.Linear(6, 5),
        nn.ReLU(),
        nn.Linear(5, 4),
        *[nn.Identity()] * 7,
        nn.ReLU(),
        nn.Linear(4, 3),
    )
    weights = {f"{prefix}{name}": value for name, value in reversed(module.state_dict().items())}
    assert f"{prefix}11.weight" in weights
    file = saved(tmp_path, weights)
    found = linear_head.recognise(file)
    assert found is not None
    assert found.role == "attribute"
    assert "6 → 5 → 4 → 3" in found.reason
    net = linear_head.attribute(file, RECIPE)
    values = normal(3, 6)
    with torch.no_grad():
        assert relative_error(module(torch.from_numpy(values)).numpy(), net(values)) < 1e-6


@pytest.mark.parametrize("bias", [True, False])
def test_one_layer_is_enough(bias: bool, tmp_path: Path) -> None:
    dense = nn.Linear(6, 3, bias=bias)
    file = saved(tmp_path, dict(dense.state_dict()))
    net = linear_head.attribute(file, RECIPE)
    values = normal(3, 6)
    with torch.no_grad():
        assert relative_error(dense(torch.from_numpy(values)).numpy(), net(values)) < 1e-6
    assert names(int8_graph(net, tmp_path / "saved", "coral")) == {"FULLY_CONNECTED"}


@pytest.mark.parametrize(
    ("weights", "problem"),
    [
        ({"0.weight": (5, 6), "2.weight": (3, 4)}, "0.weight gives 5 values, 2.weight takes 4"),
        ({"0.weight": (5, 6, 3)}, r"0.weight is \(5, 6, 3\)"),
        ({"0.weight": (5, 6), "0.bias": (4,)}, r"0.weight is \(5, 6\)"),
        ({"0.weight": (5, 6), "1.bias": (5,)}, "1.bias belongs to none"),
        ({"0.weight": (5, 6), "1.running_mean": (5,)}, "it has no dense layers"),
    ],
)
def test_other_weights_are_refused_with_the_reason(
    weights: dict[str, tuple[int, ...]], problem: str, tmp_path: Path
) -> None:
    file = saved(tmp_path, {name: torch.rand(shape) for name, shape in weights.items()})
    assert linear_head.recognise(file) is None
    with pytest.raises(CheckpointError, match=problem):
        linear_head.attribute(file, RECIPE)
