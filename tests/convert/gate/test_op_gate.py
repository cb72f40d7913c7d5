"""The gate refuses what boards cannot run, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter as LiteRt
from tflite_runtime.interpreter import Interpreter as TfliteRuntime
from tiny_graphs import (
    FUNCTIONS,
    changed,
    coded,
    dynamic,
    examples,
    graph,
    with_constant,
    with_inputs,
    with_option,
)

from convert.errors import ConvertError
from convert.gate.op_gate import inspect, require
from convert.gate.targets import CORAL, MEASURED
from edge.inference.bundle import Bundle

Change = Callable[[Any], None]
EVERY = ("cpu", "coral", "jetson")
CLEAN = (
    "add",
    "average",
    "concatenation",
    "convolution",
    "depthwise",
    "logistic",
    "max pool",
    "mean",
    "pad",
    "relu",
    "reshape",
    "resize",
    "strided slice",
    "tanh",
)


@pytest.mark.parametrize("target", EVERY)
@pytest.mark.parametrize("name", [*CLEAN, "dense"])
def test_clean_int8_passes_for_every_target(name: str, target: str) -> None:
    assert inspect(graph(name, per_channel=False), target).refusals == ()


@pytest.mark.parametrize("target", EVERY)
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lambda: graph("convolution", "float"), "is FLOAT32, not INT8"),
        (lambda: graph("convolution", "float"), "CONV_2D has a FLOAT32 tensor: it was not quant"),
        (lambda: graph("elu"), "DEQUANTIZE is refused: part of the model runs in float"),
        (lambda: graph("tile"), "TILE is refused.*Use nearest-neighbour resizing"),
        (lambda: graph("transpose"), "TRANSPOSE is refused.*Permute the weights"),
        (lambda: graph("batch matmul"), "BATCH_MATMUL is refused: the runtimes disagree"),
        (lambda: changed(graph("average"), dynamic), "only known at run time.*static batch of 1"),
        (lambda: changed(graph("relu"), coded("SHAPE")), "SHAPE is refused: a shape is computed"),
        (lambda: changed(graph("relu"), coded("STABLEHLO_SCATTER")), "not among the int8 operator"),
        (lambda: changed(graph("relu"), coded("RELU", 9)), "RELU has version 9; the target takes"),
        (lambda: changed(graph("relu"), coded("CUSTOM", 1, "edgetpu-custom-op")), "a custom oper"),
        (lambda: changed(graph("relu"), coded("CUSTOM", 1, "FlexErf")), "no board's runtime has"),
        (
            lambda: changed(graph("relu"), lambda model: model.subgraphs[0].operators.clear()),
            "has no operators",
        ),
    ],
)
def test_every_target_refuses_with_the_reason(
    content: Callable[[], bytes], reason: str, target: str
) -> None:
    with pytest.raises(ConvertError, match=f"The face does not pass the op gate.*{reason}"):
        require(content(), "face", target)


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("grouped", None, "CONV_2D has version 6; the target takes up to 3. Use a full or a depth"),
        ("depth to space", None, "DEPTH_TO_SPACE is refused: it is not on Coral's list"),
        ("leaky relu", None, "LEAKY_RELU is refused: it is not among"),
        ("resize by halves", None, "has version 3; .* without half_pixel_centers"),
        ("transposed with relu", None, "TRANSPOSE_CONV has version 4.* an operator of its own"),
        ("transposed", None, "TRANSPOSE_CONV has per-channel quantized weights .5 scales"),
        (
            "dense",
            None,
            "FULLY_CONNECTED has per-channel quantized weights .5 scales.*_disable_per",
        ),
        ("dense", with_option("weightsFormat", 1), "has shuffled weights"),
        ("convolution", with_inputs(0, 0, 2), "weights or a bias that are computed"),
        ("convolution", with_option("dilationHFactor", 2), "dilated differently"),
        ("max pool", with_option("fusedActivationFunction", 1), "has a fused activation"),
        ("constant concatenation", None, "CONCATENATION has a constant input"),
        ("mean over channels", None, "MEAN over 3 channels: .* a multiple of 4"),
        ("mean", with_constant(1, [0, 1]), "MEAN works on the batch dimension"),
        ("sum", with_constant(1, [0, 1]), "SUM works on the batch dimension"),
        ("pad", with_constant(1, [1, 0, 0, 0, 0, 0, 0, 0]), "PAD works on the batch dimension"),
        ("split", with_constant(0, [0]), "SPLIT works on the batch dimension"),
        ("stack", None, "PACK works on the batch dimension"),
        ("multiplication", coded("PRELU"), "PRELU has more than one slope per channel"),
        ("softmax", None, "SOFTMAX takes more than one row"),
        ("strided slice", with_constant(3, [1, 2, 1, 1]), "STRIDED_SLICE has a stride other"),
        ("strided slice", with_option("newAxisMask", 1), "STRIDED_SLICE has a stride other"),
    ],
)
def test_coral_refuses_beyond_its_published_list(
    name: str, change: Change | None, reason: str
) -> None:
    content = graph(name, per_channel="dense" not in name or change is None)
    refused = " ".join(inspect(changed(content, change) if change else content, "coral").refusals)
    assert re.search(reason, refused), refused


@pytest.mark.parametrize("name", ["relu", "average", "logistic"])
def test_coral_refuses_more_than_three_dimensions(name: str) -> None:
    (reason,) = inspect(graph(name, batch=2), "coral").refusals
    assert "shape (2, " in reason
    assert "only the three innermost dimensions may be larger than 1" in reason


def test_coral_takes_a_dense_layer_of_one_row_alone() -> None:
    def two_rows(model: Any) -> None:
        tensors = model.subgraphs[0].tensors
        step = model.subgraphs[0].operators[-1]
        tensors[step.outputs[0]].shape = [2, 5]

    content = changed(graph("dense", per_channel=False), two_rows)
    assert "must be one row" in " ".join(inspect(content, "coral").refusals)


def test_coral_takes_zeros_in_a_concatenation() -> None:
    """What the list calls a padding: a constant of zeros beside one other input."""

    def zeros(model: Any) -> None:
        step = model.subgraphs[0].operators[-1]
        tensor = next(
            model.subgraphs[0].tensors[place]
            for place in step.inputs
            if model.buffers[model.subgraphs[0].tensors[place].buffer].data is not None
        )
        data = np.full(256, tensor.quantization.zeroPoint[0], np.int8)
        model.buffers[tensor.buffer].data = data.view(np.uint8)

    assert inspect(changed(graph("constant concatenation"), zeros), "coral").passed


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("convolution", with_option("fusedActivationFunction", 4), "XNNPACK does not take"),
        ("convolution", with_inputs(0, 1), "has no bias: XNNPACK asks for one"),
        ("dense", lambda model: with_inputs(1, 1)(turned(model)), "that are computed: XNNPACK"),
        ("depthwise", with_inputs(0, 0, 2), "that are computed: XNNPACK"),
    ],
)
def test_jetson_refuses_arithmetic_outside_xnnpack(name: str, change: Change, reason: str) -> None:
    assert reason in " ".join(inspect(changed(graph(name), change), "jetson").refusals)


def turned(model: Any) -> Any:
    """The dense layer first, its values taken twice."""
    model.subgraphs[0].operators = model.subgraphs[0].operators[::-1]
    step = model.subgraphs[0].operators[0]
    step.inputs = [step.inputs[1], step.inputs[0], step.inputs[2]]
    return model


def test_jetson_notes_what_runs_beside_xnnpack_and_the_gpu() -> None:
    report = inspect(graph("resize"), "jetson")
    assert report.passed
    assert any("RESIZE_NEAREST_NEIGHBOR is not taken by XNNPACK" in note for note in report.notes)
    assert any("not on the GPU delegate's list" in note for note in report.notes)
    assert inspect(graph("convolution"), "jetson").notes == ()


def test_int16_activations_are_for_the_cpu() -> None:
    content = graph("convolution", "16x8")
    assert inspect(content, "cpu").passed
    for target in ("coral", "jetson"):
        refused = " ".join(inspect(content, target).refusals)
        assert "is INT16, not INT8" in refused
        assert "the 16x8 scheme is for the cpu target alone" in refused


def test_an_operator_without_a_right_int16_form_is_refused() -> None:
    assert "SUM has no form with int16" in " ".join(inspect(graph("sum", "16x8")).refusals)
    assert inspect(graph("sum")).passed


def test_int8_and_int16_do_not_meet_without_a_change_of_scale() -> None:
    def half(model: Any) -> None:
        graph = model.subgraphs[0]
        graph.tensors[graph.outputs[0]].type = 9

    assert "mixes int8 and int16" in " ".join(
        inspect(changed(graph("relu", "16x8"), half)).refusals
    )


def test_a_change_of_scale_is_noted() -> None:
    report = inspect(changed(graph("relu"), coded("QUANTIZE")))
    assert report.passed
    assert "QUANTIZE changes the scale" in report.notes[0]


@pytest.mark.parametrize("scheme", ["int8", "16x8"])
@pytest.mark.parametrize("name", [*CLEAN, "dense", "leaky relu", "transposed", "grouped"])
def test_what_passes_for_the_cpu_is_right_in_both_runtimes(name: str, scheme: str) -> None:
    content = graph(name, scheme)
    assert inspect(content).passed
    (sample, *_) = examples()
    expected = FUNCTIONS[name](tf.constant(sample)).numpy()
    for runtime in (TfliteRuntime, LiteRt):
        model = runtime(model_content=content)
        model.allocate_tensors()
        (wanted,), (given,) = model.get_input_details(), model.get_output_details()
        scale, zero = wanted["quantization"]
        limits = np.iinfo(wanted["dtype"])
        values = np.clip(np.round(sample / scale) + zero, limits.min, limits.max)
        model.set_tensor(wanted["index"], values.astype(wanted["dtype"]))
        model.invoke()
        scale, zero = given["quantization"]
        got = (model.get_tensor(given["index"]).astype(np.float64) - zero) * scale
        # the weights of a convolution have 8 bits in either scheme
        assert np.abs(got - expected).max() < 0.03 * np.abs(expected).max()


def test_the_reference_bundle_runs_on_the_cpu(reference: Bundle) -> None:
    for role in ("trunk", "head", "gender", "age", "face"):
        require(reference.model(role), role)


def test_nothing_that_is_refused_everywhere_is_on_a_list() -> None:
    assert not {"TRANSPOSE", "DEQUANTIZE", "SHAPE", "TILE"} & (set(MEASURED) | set(CORAL))
