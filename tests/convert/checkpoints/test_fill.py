"""A network gets all weights of a checkpoint, or none."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from convert.checkpoints.fill import fill, filled, select, shapes
from convert.errors import CheckpointError


def network() -> nn.Sequential:
    return nn.Sequential(nn.Conv1d(2, 3, 3), nn.BatchNorm1d(3))


def weights() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {
        "0.weight": random.random((3, 2, 3), np.float32),
        "0.bias": random.random(3, np.float32),
        "1.weight": random.random(3, np.float32),
        "1.bias": random.random(3, np.float32),
        "1.running_mean": random.random(3, np.float32),
        "1.running_var": random.random(3, np.float32),
    }


@pytest.mark.parametrize("counter", [None, np.array(7)])
def test_every_weight_arrives_with_and_without_the_counter(counter: np.ndarray | None) -> None:
    given = weights() | ({} if counter is None else {"1.num_batches_tracked": counter})
    made = filled(network, given, "voice.pth")
    assert not made.training
    for name, value in made.state_dict().items():
        if name in given:
            np.testing.assert_array_equal(value.numpy(), given[name])
    assert int(made.state_dict()["1.num_batches_tracked"]) == (0 if counter is None else 7)
    assert made(torch.ones(1, 2, 5)).shape == (1, 3, 3)


def test_the_memory_is_shared() -> None:
    given = weights()
    made = filled(network, given, "voice.pth")
    assert made.state_dict()["0.weight"].data_ptr() == given["0.weight"].ctypes.data


def test_differences_are_named_and_nothing_is_loaded() -> None:
    given = weights()
    del given["1.running_var"]
    given["0.bias"] = np.zeros(4, np.float32)
    given["2.weight"] = np.zeros(1, np.float32)
    made = network()
    before = {name: value.clone() for name, value in made.state_dict().items()}
    with pytest.raises(CheckpointError) as refused:
        fill(made, given, "voice.pth")
    words = str(refused.value)
    assert words.startswith("voice.pth does not fit the network. Missing: 1.running_var.")
    assert "Superfluous: 2.weight." in words
    assert "Of another shape: 0.bias (4,) instead of (3,)." in words
    assert all(torch.equal(value, before[name]) for name, value in made.state_dict().items())


def test_of_many_differences_twenty_are_named_and_the_rest_counted() -> None:
    given = weights() | {f"more.{i}": np.zeros(1, np.float32) for i in range(30)}
    with pytest.raises(CheckpointError, match=r"more\.19 and 10 more\.") as refused:
        fill(network(), given, "voice.pth")
    assert "more.20" not in str(refused.value)


def test_a_part_is_selected_by_its_prefix() -> None:
    tensors = {"encoder.a": np.zeros(1), "decoder.encoder.b": np.zeros(2)}
    assert list(select(tensors, "encoder.")) == ["a"]


def test_shapes_are_those_of_the_state_dict() -> None:
    assert shapes(network)["0.weight"] == (3, 2, 3)
