"""From PyTorch to int8: what comes out is what went in, in int8, without a transpose."""

from __future__ import annotations

import pytest
import torch
from one_network import Converted, convert_network
from tiny_networks import Encoder, Flattened, Swapped, uniform
from torch import nn

from convert.errors import ConvertError
from convert.nets import saved_model
from convert.nets.torch_net import TorchNet


def test_the_encoder_becomes_int8_with_depthwise_convolutions(encoder: Converted) -> None:
    graph = encoder.graph
    assert [tensor.type for tensor in (*graph.inputs, *graph.outputs)] == ["INT8", "INT8"]
    assert graph.inputs[0].shape == (1, 16, 12, 1)
    assert graph.outputs[0].shape == (1, 6)
    assert graph.counts["DEPTHWISE_CONV_2D v3"] == 2
    assert graph.counts["CONV_2D v3"] == 2


def test_the_decoder_needs_no_transpose(decoder: Converted) -> None:
    names = {operator.name for operator in decoder.graph.operators}
    assert "DEPTH_TO_SPACE" in names
    assert "TRANSPOSE" not in names
    assert decoder.graph.outputs[0].shape == (1, 16, 16, 3)


def test_a_dense_layer_on_a_map_needs_no_transpose() -> None:
    network = convert_network("dense", Flattened(), torch.rand(1, 1, 8, 6), uniform(20, 8, 6, 1))
    assert {o.name for o in network.graph.operators} == {"CONV_2D", "RESHAPE", "FULLY_CONNECTED"}


def test_multiplications_are_counted(encoder: Converted) -> None:
    first = 8 * 6 * 8 * 9
    depthwise = 8 * 6 * 8 * 9 + 4 * 3 * 8 * 9
    assert encoder.graph.macs == first + depthwise + 4 * 3 * 8 * 6


def test_the_same_network_gives_the_same_bytes(encoder: Converted) -> None:
    torch.manual_seed(1)
    again = convert_network("encoder", Encoder(), torch.rand(1, 1, 16, 12), uniform(40, 16, 12, 1))
    assert again.content == encoder.content


def test_a_network_that_keeps_a_transpose_is_refused() -> None:
    with pytest.raises(ConvertError, match="TRANSPOSE is refused: a change of layout"):
        convert_network("swapped", Swapped(), torch.rand(1, 2, 4, 6), uniform(20, 4, 6, 2))


def test_the_order_of_a_map_before_a_dense_layer_is_kept(tmp_path) -> None:
    """Channels first, then last: a wrong order gives other values, not other shapes."""
    net = TorchNet(Flattened(), torch.rand(1, 1, 8, 6))
    steps = net.save(tmp_path, "cpu")
    names = [step.name for step in steps]
    assert names == ["PyTorch → ONNX", "layout: channels last", "ONNX → TensorFlow"]
    assert all(step.error < 1e-5 for step in steps)


def test_an_export_that_computes_something_else_is_refused(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = TorchNet(Encoder(), torch.rand(1, 1, 16, 12))
    weights = {k: v * 1.001 for k, v in net.module.state_dict().items()}
    other = Encoder()
    other.load_state_dict(weights)
    wrong = TorchNet(other, torch.rand(1, 1, 16, 12))
    monkeypatch.setattr(net, "save_onnx", wrong.save_onnx)
    with pytest.raises(ConvertError, match="The step PyTorch → ONNX changed the outputs by"):
        net.save(tmp_path, "cpu")


def test_a_tensorflow_graph_that_computes_something_else_is_refused(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = saved_model.run
    monkeypatch.setattr(saved_model, "run", lambda *given: 1.001 * right(*given))
    with pytest.raises(ConvertError, match="The step ONNX → TensorFlow changed the outputs by"):
        TorchNet(Encoder(), torch.rand(1, 1, 16, 12)).save(tmp_path, "cpu")


def test_an_example_of_several_is_refused() -> None:
    with pytest.raises(ConvertError, match="batch of 2"):
        TorchNet(Encoder(), torch.rand(2, 1, 16, 12))


def test_a_shape_that_has_no_layout_is_refused() -> None:
    with pytest.raises(ConvertError, match="3 dimensions"):
        TorchNet(nn.Linear(6, 3), torch.rand(1, 4, 6))


def test_what_a_converter_cannot_do_is_one_error(tmp_path, capfd) -> None:
    class Unknown(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.fft.rfft(x).real

    with pytest.raises(ConvertError, match="Converting PyTorch to ONNX failed"):
        TorchNet(Unknown(), torch.rand(1, 8)).save(tmp_path, "cpu")
    assert capfd.readouterr().out == ""


def test_three_channels_fetch_nothing_from_the_web(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetched(*given: object, **options: object) -> None:
        raise AssertionError("onnx2tf fetched its pictures")

    monkeypatch.setattr("requests.get", fetched)
    steps = TorchNet(nn.Conv2d(3, 4, 3), torch.rand(1, 3, 8, 8)).save(tmp_path, "cpu")
    assert steps[-1].name == "ONNX → TensorFlow"
