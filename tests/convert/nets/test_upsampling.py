"""Transposed convolutions and DepthToSpace in other operators: the same values, exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx_cases import int8_graph, kinds, merged, names, normal, to_onnx
from torch import nn

from convert.errors import ConvertError
from convert.nets.net import relative_error
from convert.nets.torch_net import TorchNet
from convert.nets.upsampling import rewrite_upsampling
from convert.quantization.quantize import quantize
from edge.inference.manifest import Target

TARGETS: tuple[Target, ...] = ("cpu", "coral", "jetson")


def run(model: onnx.ModelProto, values: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {session.get_inputs()[0].name: values})[0]


def rewritten(module: nn.Module, target: Target, *shape: int) -> list[str]:
    """Operators after the passes, which have been checked against PyTorch."""
    values = normal(*shape)
    model = merged(to_onnx(module, *shape))
    rewrite_upsampling(model, target)
    onnx.checker.check_model(model, full_check=True)
    with torch.no_grad():
        expected = module(torch.from_numpy(values)).numpy()
    assert run(model, values).shape == expected.shape
    assert relative_error(expected, run(model, values)) < 2e-6
    return kinds(model)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "extra"), [(4, 2, 1, 0), (5, 2, 2, 1), (2, 2, 0, 0)]
)
def test_the_usual_layers_need_no_cut(
    target: Target, kernel: int, stride: int, padding: int, extra: int
) -> None:
    layer = nn.ConvTranspose2d(3, 5, kernel, stride, padding, extra)
    found = rewritten(layer, target, 1, 3, 4, 6)
    if target == "coral":
        assert found == ["Resize", "Mul", "Conv"]
    else:
        assert found == ["Conv", "DepthToSpace"]


@pytest.mark.parametrize("target", TARGETS)
def test_a_layer_on_one_pixel_is_a_dense_layer(target: Target) -> None:
    layer = nn.Sequential(nn.Unflatten(1, (6, 1, 1)), nn.ConvTranspose2d(6, 4, 4))
    assert rewritten(layer, target, 1, 6) == ["Gemm", "Reshape"]
    assert rewritten(layer[1], target, 1, 6, 1, 1) == ["Flatten", "Gemm", "Reshape"]


@pytest.mark.parametrize("target", TARGETS)
def test_a_layer_without_stride_is_a_convolution(target: Target) -> None:
    assert rewritten(nn.ConvTranspose2d(4, 3, 1), target, 1, 4, 5, 5) == ["Conv"]
    assert rewritten(nn.ConvTranspose2d(4, 3, 3, 1, 1), target, 1, 4, 5, 6) == ["Conv"]


@pytest.mark.parametrize("target", ["cpu", "coral"])
@pytest.mark.parametrize("seed", range(40))
def test_random_layers_are_exact(target: Target, seed: int) -> None:
    random = np.random.default_rng(seed)
    stride = tuple(int(n) for n in random.integers(1, 4, 2))
    kernel = tuple(int(n) for n in random.integers(1, 7, 2))
    padding = tuple(int(random.integers(0, size)) for size in kernel)
    extra = tuple(int(random.integers(0, step)) for step in stride)
    inputs, outputs, height, width = (int(n) for n in random.integers(1, 8, 4))
    out = [
        (size - 1) * s - 2 * p + k + e
        for size, s, p, k, e in zip((height, width), stride, padding, kernel, extra, strict=True)
    ]
    if min(out) < 1:
        padding = (0, 0)
    layer = nn.ConvTranspose2d(
        inputs, outputs, kernel, stride, padding, extra, bias=bool(random.integers(2))
    )
    found = rewritten(layer, target, 1, inputs, height, width)
    assert not {"ConvTranspose", "Slice"} & set(found)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("block", "kernel", "padding"), [(2, 3, 1), (3, 1, 0), (2, 4, (0, 3))])
def test_depth_to_space_goes_for_coral(
    block: int, kernel: int, padding: object, bias: bool
) -> None:
    layer = nn.Sequential(
        nn.Conv2d(3, 5 * block**2, kernel, padding=padding, bias=bias), nn.PixelShuffle(block)
    )
    found = rewritten(layer, "coral", 1, 3, 6, 5)
    assert found == ["Resize", "Mul", "Conv", *["Add"] * bias]
    assert rewritten(layer, "cpu", 1, 3, 6, 5) == ["Conv", "DepthToSpace"]


def test_an_activation_before_depth_to_space_goes_behind_it() -> None:
    layer = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.PixelShuffle(2), nn.Conv2d(2, 2, 1))
    assert rewritten(layer, "cpu", 1, 3, 6, 5) == ["Conv", "DepthToSpace", "Relu", "Conv"]
    found = rewritten(layer, "coral", 1, 3, 6, 5)
    assert found == ["Resize", "Mul", "Conv", "Add", "Relu", "Conv"]


@pytest.mark.parametrize(
    "before", [nn.AvgPool2d(2), nn.Conv2d(8, 8, 3, stride=2), nn.Conv2d(8, 8, 1, groups=2)]
)
def test_depth_to_space_after_another_layer_goes_too(before: nn.Module) -> None:
    found = rewritten(nn.Sequential(before, nn.PixelShuffle(2)), "coral", 1, 8, 6, 6)
    assert found[1:] == ["Resize", "Mul", "Conv"]


@pytest.mark.parametrize(
    "layer",
    [nn.ConvTranspose2d(4, 4, 3, groups=2), nn.ConvTranspose2d(4, 4, 3, dilation=2)],
)
def test_what_has_no_such_form_is_refused(layer: nn.Module) -> None:
    with pytest.raises(ConvertError, match="has groups, dilation or computed weights"):
        rewrite_upsampling(to_onnx(layer, 1, 4, 5, 5), "cpu")


class Decoder(nn.Module):
    """A decoder like the published ones: 4×4 from a vector, then twice the size each time."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Unflatten(1, (6, 1, 1)),
            nn.ConvTranspose2d(6, 8, 4),
            nn.ReLU(),
            nn.ConvTranspose2d(8, 8, 4, 2, 1),
            nn.ReLU(),
            nn.ConvTranspose2d(8, 4, 5, 2, 2, 1),
            nn.ReLU(),
            nn.ConvTranspose2d(4, 4, 3, 2, 1),  # 31 pixels: no sub-pixel form
            nn.ReLU(),
            nn.ConvTranspose2d(4, 3, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


@pytest.mark.parametrize("target", ["cpu", "coral"])
def test_a_decoder_passes_the_gate(target: Target, tmp_path: Path) -> None:
    graph = int8_graph(TorchNet(Decoder(), torch.zeros(1, 6)), tmp_path, target)
    assert graph.outputs[0].shape == (1, 31, 31, 3)
    assert ("DEPTH_TO_SPACE" in names(graph)) == (target == "cpu")


def test_the_mask_lets_int8_values_through_as_they_are(tmp_path: Path) -> None:
    """Zero-stuffing in int8 must not cost anything: the same scale before and behind it, and the
    same values."""
    from ai_edge_litert.interpreter import Interpreter

    layer = nn.ConvTranspose2d(4, 4, 2, 2, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.zeros(4, 4, 2, 2))
        layer.weight[range(4), range(4), 0, 0] = 1
    module = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(), layer)
    net = TorchNet(module, torch.zeros(1, 4, 6, 6))
    net.save(tmp_path, "coral")
    examples = normal(50, 6, 6, 4)
    content = quantize(tmp_path, examples, target="coral")
    interpreter = Interpreter(
        model_content=content,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=_reference(),
    )
    interpreter.allocate_tensors()
    given, mul = interpreter.get_input_details()[0], _operator(interpreter, "MUL")
    scale, zero = given["quantization"]
    quantized = np.clip(np.round(examples[:1] / scale) + zero, -128, 127).astype(np.int8)
    interpreter.set_tensor(given["index"], quantized)
    interpreter.invoke()
    details = {each["index"]: each for each in interpreter.get_tensor_details()}
    before, mask = (int(index) for index in mul["inputs"])
    (after,) = (int(index) for index in mul["outputs"])
    if "RESIZE" not in str(_producer(interpreter, before)):
        before, mask = mask, before
    assert details[before]["quantization"] == pytest.approx(details[after]["quantization"])
    kept = interpreter.get_tensor(mask) == interpreter.get_tensor(mask).max()
    assert kept.mean() == 1 / 4
    assert np.array_equal(interpreter.get_tensor(after)[kept], interpreter.get_tensor(before)[kept])
    assert set(interpreter.get_tensor(after)[~kept].ravel()) == {details[after]["quantization"][1]}
    resize = _operator(interpreter, "RESIZE_NEAREST_NEIGHBOR")
    small, large = (details[int(i)]["quantization"] for i in (resize["inputs"][0], before))
    assert small == large


def _operator(interpreter: object, name: str) -> dict[str, object]:
    found = [op for op in interpreter._get_ops_details() if op["op_name"] == name]  # type: ignore[attr-defined]
    assert len(found) == 1
    return found[0]


def _producer(interpreter: object, tensor: int) -> object:
    every = interpreter._get_ops_details()  # type: ignore[attr-defined]
    return next((op["op_name"] for op in every if tensor in op["outputs"]), None)


def _reference() -> object:
    from ai_edge_litert.interpreter import OpResolverType

    return OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
