"""Passes on ONNX graphs that bring weights into TFLite's order; what is computed stays."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx_cases import kinds, merged, normal, to_onnx
from torch import Tensor, nn

from convert.nets.layout import to_channels_last
from convert.nets.net import relative_error


def run(model: onnx.ModelProto, values: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {session.get_inputs()[0].name: values})[0]


def rewritten(module: nn.Module, *shape: int) -> onnx.ModelProto:
    """The graph after the passes, which has been checked against PyTorch."""
    model = merged(to_onnx(module, *shape))
    to_channels_last(model)
    onnx.checker.check_model(model, full_check=True)
    values = normal(*shape)
    with torch.no_grad():
        assert relative_error(module(torch.from_numpy(values)).numpy(), run(model, values)) < 2e-6
    return model


def constants(model: onnx.ModelProto, kind: str) -> list[list[tuple[int, ...]]]:
    """Shapes of the constants that nodes of that kind take."""
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    nodes = [node for node in model.graph.node if node.op_type == kind]
    return [[shapes[name] for name in node.input if name in shapes] for node in nodes]


def test_a_map_is_flattened_with_its_channels_last() -> None:
    model = rewritten(nn.Sequential(nn.Flatten(), nn.Linear(24, 5)), 1, 2, 3, 4)
    assert kinds(model) == ["Transpose", "Flatten", "Gemm"]


def test_a_vector_becomes_a_map_with_its_channels_last() -> None:
    module = nn.Sequential(nn.Linear(5, 24), nn.ReLU(), nn.Unflatten(1, (2, 3, 4)), nn.ReLU())
    assert kinds(rewritten(module, 1, 5)) == ["Gemm", "Relu", "Reshape", "Transpose", "Relu"]


def test_from_map_to_vector_to_map_both_orders_change() -> None:
    module = nn.Sequential(
        nn.Flatten(), nn.Linear(24, 12), nn.Tanh(), nn.Linear(12, 30), nn.Unflatten(1, (5, 3, 2))
    )
    assert kinds(rewritten(module, 1, 2, 3, 4)).count("Transpose") == 2


class Last(nn.Module):
    """Flattened, and made a map again, with the channels last, as in TensorFlow."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(24, 12), nn.Linear(12, 30)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.first(x.permute(0, 2, 3, 1).flatten(1)))
        return torch.relu(self.second(x).view(1, 3, 2, 5).permute(0, 3, 1, 2))


def test_what_has_its_channels_last_already_is_left_as_it_is() -> None:
    found = kinds(rewritten(Last(), 1, 2, 3, 4))
    assert [kind for kind in found if kind in ("Transpose", "Gemm")] == [
        "Transpose", "Gemm", "Gemm", "Transpose",
    ]  # fmt: skip


class Shared(nn.Module):
    """One dense layer for two maps, and a dense layer whose output is used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.dense, self.up = nn.Linear(24, 24), nn.Conv2d(2, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        once = self.dense(x.flatten(1))
        maps = once.view(-1, 2, 3, 4)
        return self.up(maps).flatten(1).sum(1, keepdim=True) + self.dense(once)


def test_weights_that_are_used_twice_are_changed_once_each() -> None:
    rewritten(Shared(), 1, 2, 3, 4)


def test_a_dense_layer_without_bias_is_given_one() -> None:
    model = rewritten(nn.Linear(5, 3, bias=False), 1, 5)
    assert kinds(model) == ["Gemm"]
    assert len(constants(model, "Gemm")[0]) == 2
    flat = rewritten(nn.Sequential(nn.Flatten(), nn.Linear(24, 3, bias=False)), 1, 2, 3, 4)
    assert [shape for shape in constants(flat, "Gemm")[0] if len(shape) == 1] == [(3,)]


def test_pixels_are_shuffled_in_tensorflows_order() -> None:
    module = nn.Sequential(nn.Conv2d(2, 3 * 4, 3), nn.PixelShuffle(2))
    model = rewritten(module, 1, 2, 5, 6)
    assert kinds(model) == ["Conv", "DepthToSpace"]
    (mode,) = (a.s for a in model.graph.node[1].attribute if a.name == "mode")
    assert mode == b"DCR"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ((2, 1, 1), (1, 2, 1, 1)),  # one for each channel
        ((1, 2, 1, 1), (1, 2, 1, 1)),
        ((3, 4), (1, 2, 3, 4)),  # a mask: one for each pixel
        ((4,), (1, 2, 3, 4)),
        ((2, 1, 4), (1, 2, 3, 4)),
    ],
)
def test_constants_beside_maps_say_what_they_are_for(
    given: tuple[int, ...], kept: tuple[int, ...]
) -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.rand(given) + 0.5)

        def forward(self, x: Tensor) -> Tensor:
            return torch.relu(torch.relu(x) * self.scale)

    assert constants(rewritten(Scaled(), 1, 2, 3, 4), "Mul") == [[kept]]
