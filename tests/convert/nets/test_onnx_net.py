"""ONNX graphs as people export them: dynamic batch, sequences, channels last, several outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import helper
from onnx_cases import int8_graph, names, normal, to_onnx
from torch import Tensor, nn

import convert.nets.lowering
from convert.errors import ConvertError
from convert.nets.net import relative_error
from convert.nets.onnx_net import OnnxNet
from edge.inference.manifest import Target

BAD = {"SHAPE", "STRIDED_SLICE", "PACK", "TILE", "TRANSPOSE", "TRANSPOSE_CONV"}


class Turned(nn.Module):
    """A network between changes of layout, as TensorFlow's exporters write them."""

    def __init__(self, inside: nn.Module, *, before: bool, after: bool) -> None:
        super().__init__()
        self.inside, self.before, self.after = inside, before, after

    def forward(self, x: Tensor) -> Tensor:
        if self.before:
            x = x.permute(0, 3, 1, 2) if x.ndim == 4 else x.transpose(1, 2)
        x = self.inside(x)
        return x.permute(0, 2, 3, 1) if self.after else x


def sequence(bins: int = 8) -> nn.Sequential:
    """A voice embedding like the published 1-D ones."""
    return nn.Sequential(
        nn.Conv1d(bins, 12, 3, 2, 1),
        nn.BatchNorm1d(12),
        nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Conv1d(12, 6, 3, padding=1),
        nn.ReLU(),
        nn.BatchNorm1d(6),
        nn.Conv1d(6, 5, 3),
        nn.AdaptiveAvgPool1d(1),
        nn.Flatten(),
    )


def maps() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(2, 6, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(6 * 5 * 4, 5)
    )


def reference(module: nn.Module, values: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return module.eval()(torch.from_numpy(values)).numpy()


def test_a_dynamic_batch_becomes_one(tmp_path: Path) -> None:
    axes = {"input": {0: "N"}, "output": {0: "N"}}
    net = OnnxNet(to_onnx(maps(), 1, 2, 12, 10, dynamic_axes=axes))
    assert net.input_shape == (1, 12, 10, 2)
    assert not names(int8_graph(net, tmp_path)) & BAD


def test_another_dynamic_dimension_is_named() -> None:
    axes = {"input": {0: "N", 2: "frames"}}
    graph = to_onnx(sequence(), 1, 8, 30, dynamic_axes=axes)
    with pytest.raises(ConvertError, match=r"Dimension 2 \('frames'\) of the input 'input'"):
        OnnxNet(graph)


def test_maps_are_taken_with_their_channels_last() -> None:
    module = maps()
    values = normal(3, 12, 10, 2)
    expected = reference(module, np.ascontiguousarray(values.transpose(0, 3, 1, 2)))
    assert relative_error(expected, OnnxNet(to_onnx(module, 1, 2, 12, 10))(values)) < 1e-5


@pytest.mark.parametrize("target", ["cpu", "coral"])
def test_a_sequence_is_a_map_of_height_one(target: Target, tmp_path: Path) -> None:
    module = sequence()
    net = OnnxNet(to_onnx(module, 1, 8, 30))
    assert net.input_shape == (1, 1, 30, 8)
    values = normal(2, 1, 30, 8)
    expected = reference(module, np.ascontiguousarray(values[:, 0].transpose(0, 2, 1)))
    assert relative_error(expected, net(values)) < 1e-5
    graph = int8_graph(net, tmp_path, target)
    assert graph.outputs[0].shape == (1, 5)
    assert not names(graph) & (BAD | {"EXPAND_DIMS", "SQUEEZE"})


class Sums(nn.Module):
    """What sequences go through besides layers: sums, scales, padding, concatenation, means."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv1d(4, 6, 3, padding=1), nn.Conv1d(12, 6, 3)
        self.scale = nn.Parameter(torch.rand(6, 1) + 0.5)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.first(x)) * self.scale
        x = torch.cat([x, x + 0.5], 1)
        x = nn.functional.pad(self.second(x), (1, 2))
        return torch.cat([x.mean(-1), x.amax(2)], 1)


def test_other_operators_on_sequences_have_their_forms(tmp_path: Path) -> None:
    net = OnnxNet(to_onnx(Sums(), 1, 4, 20))
    assert not names(int8_graph(net, tmp_path)) & BAD


def test_a_transposed_convolution_of_a_sequence_has_one(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Conv1d(4, 6, 3), nn.ReLU(), nn.ConvTranspose1d(6, 3, 4, 2, 1))
    net = OnnxNet(to_onnx(module, 1, 4, 20))
    assert net(normal(2, 1, 20, 4)).shape == (2, 1, 36, 3)
    assert not names(int8_graph(net, tmp_path)) & BAD


def test_what_has_no_form_on_maps_is_refused(tmp_path: Path) -> None:
    module = Turned(nn.Conv1d(18, 5, 1), before=True, after=False)
    net = OnnxNet(to_onnx(nn.Sequential(nn.Conv1d(4, 6, 3), module), 1, 4, 20))
    with pytest.raises(ConvertError, match=r"has Transpose on a sequence .*: it has no form"):
        net.save(tmp_path, "cpu")


def test_a_sequence_with_its_channels_last_is_taken_as_it_is(tmp_path: Path) -> None:
    module = Turned(sequence(), before=True, after=False)
    net = OnnxNet(to_onnx(module, 1, 30, 8))
    assert net.input_shape == (1, 1, 30, 8)
    values = normal(2, 1, 30, 8)
    assert relative_error(reference(module, values[:, 0]), net(values)) < 1e-5
    assert not names(int8_graph(net, tmp_path)) & BAD


def test_a_spectrogram_without_channels_is_a_map_of_one(tmp_path: Path) -> None:
    module = nn.Sequential(
        nn.Unflatten(1, (1, 12)), nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(320, 5)
    )
    net = OnnxNet(to_onnx(module, 1, 12, 10))
    assert net.input_shape == (1, 12, 10, 1)
    values = normal(2, 12, 10, 1)
    assert relative_error(reference(module, values[..., 0]), net(values)) < 1e-5
    assert not names(int8_graph(net, tmp_path)) & BAD


@pytest.mark.parametrize(("before", "after"), [(True, True), (False, True), (True, False)])
def test_channels_last_at_either_end_costs_nothing(
    before: bool, after: bool, tmp_path: Path
) -> None:
    inside = nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Conv2d(4, 3, 3, padding=1))
    module = Turned(inside, before=before, after=after)
    net = OnnxNet(to_onnx(module, *((1, 12, 10, 2) if before else (1, 2, 12, 10))))
    assert net.input_shape == (1, 12, 10, 2)
    values = normal(2, 12, 10, 2)
    given = values if before else np.ascontiguousarray(values.transpose(0, 3, 1, 2))
    expected = reference(module, given)
    expected = expected if after else expected.transpose(0, 2, 3, 1)
    assert relative_error(expected, net(values)) < 1e-5
    assert names(int8_graph(net, tmp_path)) == {"CONV_2D"}


class Face(nn.Module):
    """A decoder with a picture, (1, 3, 16, 16) or channels last, and points."""

    def __init__(self, *, last: bool) -> None:
        super().__init__()
        self.dense, self.points = nn.Linear(6, 8 * 4 * 4), nn.Linear(6, 10)
        self.up = nn.Sequential(
            nn.ConvTranspose2d(8, 4, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(4, 3, 4, 2, 1)
        )
        self.last = last

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        picture = torch.sigmoid(self.up(torch.relu(self.dense(x)).view(-1, 8, 4, 4)))
        return picture.permute(0, 2, 3, 1) if self.last else picture, self.points(x).view(-1, 5, 2)


@pytest.mark.parametrize("last", [True, False])
def test_each_of_two_outputs_is_a_network(last: bool, tmp_path: Path) -> None:
    module = Face(last=last)
    graph = to_onnx(module, 1, 6, output_names=["picture", "points"])
    values = normal(2, 6)
    with torch.no_grad():
        picture, points = module(torch.from_numpy(values))
    net = OnnxNet(graph, "picture")
    expected = picture.numpy() if last else picture.permute(0, 2, 3, 1).numpy()
    assert relative_error(expected, net(values)) < 1e-5
    assert not names(int8_graph(net, tmp_path / "picture")) & BAD
    net = OnnxNet(graph, "points")
    assert relative_error(points.flatten(1).numpy(), net(values)) < 1e-5
    graph = int8_graph(net, tmp_path / "points")
    assert names(graph) == {"FULLY_CONNECTED"}
    assert graph.outputs[0].shape == (1, 10)
    with pytest.raises(ConvertError, match=r"2 outputs: picture, points\. Choose one"):
        OnnxNet(to_onnx(module, 1, 6, output_names=["picture", "points"]))


def test_an_old_graph_is_brought_to_newer_operators(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.ConvTranspose2d(4, 3, 3, 2, 1))
    net = OnnxNet(to_onnx(module, 1, 2, 8, 8, opset_version=9))
    assert not names(int8_graph(net, tmp_path)) & BAD


def test_a_file_is_taken_as_well_and_written_again(tmp_path: Path) -> None:
    onnx.save(to_onnx(maps(), 1, 2, 12, 10), tmp_path / "given.onnx")
    net = OnnxNet(tmp_path / "given.onnx")
    net.save_onnx(tmp_path / "written.onnx")
    values = normal(2, 12, 10, 2)
    assert np.allclose(OnnxNet(tmp_path / "written.onnx")(values), net(values), atol=1e-6)


def test_every_step_is_checked_and_named(tmp_path: Path) -> None:
    module = nn.Sequential(
        nn.ConvTranspose2d(2, 4, 4, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 8 * 6, 3)
    )
    steps = OnnxNet(to_onnx(module, 1, 2, 4, 3)).save(tmp_path, "coral")
    assert [step.name for step in steps] == [
        "ONNX with a static shape",
        "upsampling for coral",
        "layout: channels last",
        "ONNX → TensorFlow",
    ]
    assert all(step.error < 1e-5 for step in steps)


def test_a_step_that_computes_something_else_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = convert.nets.lowering.to_channels_last

    def wrong(model: onnx.ModelProto) -> None:
        right(model)
        add = helper.make_node("Mul", [model.graph.output[0].name, "much"], ["louder"])
        model.graph.initializer.append(helper.make_tensor("much", 1, [1], [1.01]))
        model.graph.node.append(add)
        model.graph.output[0].name = "louder"

    monkeypatch.setattr(convert.nets.lowering, "to_channels_last", wrong)
    with pytest.raises(ConvertError, match="The step layout: channels last changed the outputs by"):
        OnnxNet(to_onnx(maps(), 1, 2, 12, 10)).save(tmp_path, "cpu")


def test_other_inputs_are_refused() -> None:
    integers = to_onnx(nn.Linear(4, 2), 1, 4)
    integers.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.INT64
    with pytest.raises(ConvertError, match="'input' of the ONNX graph is INT64; FLOAT is wanted"):
        OnnxNet(integers)
    with pytest.raises(ConvertError, match=r"is \(1, 2, 3, 4, 5\)"):
        OnnxNet(to_onnx(nn.ReLU(), 1, 2, 3, 4, 5))
    two = to_onnx(nn.Linear(4, 2), 1, 4)
    two.graph.input.append(helper.make_tensor_value_info("other", onnx.TensorProto.FLOAT, [1]))
    with pytest.raises(ConvertError, match="must have one input; it has input, other"):
        OnnxNet(two)
    with pytest.raises(ConvertError, match="cannot be read as ONNX"):
        OnnxNet(Path(__file__))
