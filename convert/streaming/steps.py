"""How each operator of a trunk moves along time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from convert.errors import ConvertError
from convert.streaming.model_file import ModelFile

WINDOWED = {
    "CONV_2D": ("stride", "filter"),
    "DEPTHWISE_CONV_2D": ("stride", "filter"),
    "MAX_POOL_2D": ("stride", "pool"),
    "AVERAGE_POOL_2D": ("stride", "pool"),
}
BESIDE = frozenset(
    {"ADD", "CONCATENATION", "DEQUANTIZE", "DIV", "HARD_SWISH", "LEAKY_RELU", "LOGISTIC"}
    | {"MAXIMUM", "MINIMUM", "MUL", "PRELU", "QUANTIZE", "RELU", "RELU6", "RELU_N1_TO_1"}
    | {"SUB", "TANH"}
)
"""operators that take each position of time for itself"""
SAME, VALID = 0, 1


@dataclass(frozen=True)
class Kernel:
    """A window that slides over time: output j covers `width` inputs from j·stride − before."""

    width: int
    stride: int
    before: int


@dataclass(frozen=True)
class Step:
    """One operator over time."""

    operator: Any
    name: str
    inputs: tuple[int, ...]
    """those that have a time axis"""
    output: int
    kernel: Kernel | None = None
    """None: position by position"""
    ends_time: bool = False
    """the time axis is averaged away"""


def steps(model: ModelFile, axis: int) -> Iterator[Step]:
    """The operators from the features to the average over time, in their order.

    `axis` is time's in every map (n, H, W, C): 1 or 2. Raises ConvertError for an operator that
    mixes positions of time in another way than convolutions and pools.
    """
    (features,) = model.graph.inputs
    timed = {int(features)}
    for operator in model.graph.operators:
        inputs = tuple(int(place) for place in operator.inputs if int(place) in timed)
        if not inputs:
            continue
        step = _step(model, operator, inputs, axis)
        yield step
        if step.ends_time:
            return
        timed.add(step.output)


def _step(model: ModelFile, operator: Any, inputs: tuple[int, ...], axis: int) -> Step:
    name, (output,) = model.name(operator), operator.outputs
    if name in WINDOWED:
        kernel = _kernel(model, operator, name, axis)
        length = model.shape(inputs[0])[axis]
        whole = name == "AVERAGE_POOL_2D" and kernel.width == length
        return Step(operator, name, inputs, output, None if whole else kernel, ends_time=whole)
    if name == "PAD":
        before = int(_padding(model, operator)[axis][0])
        return Step(operator, name, inputs, output, Kernel(1, 1, before))
    if name in BESIDE:
        concatenates = name == "CONCATENATION" and operator.builtinOptions.axis % 4 == axis
        constants = [int(place) for place in operator.inputs if int(place) not in inputs]
        varies = any((model.shape(each) or [1])[axis - 4 :][:1] != [1] for each in constants
                     if len(model.shape(each)) >= 4 - axis)  # fmt: skip
        if not concatenates and not varies:
            return Step(operator, name, inputs, output)
    if name == "MEAN" and axis in [int(each) % 4 for each in _values(model, operator)]:
        return Step(operator, name, inputs, output, ends_time=True)
    if name == "RESHAPE" and model.shape(inputs[0])[axis] == 1:
        return Step(operator, name, inputs, output, ends_time=True)
    raise ConvertError(
        f"The trunk cannot be streamed: {name} mixes positions of time. Convolutions, pools, sums "
        "and one average over time can be. Leave [voice] stream out of the recipe."
    )


def _kernel(model: ModelFile, operator: Any, name: str, axis: int) -> Kernel:
    options, side = operator.builtinOptions, "H" if axis == 1 else "W"
    stride = int(getattr(options, f"stride{side}"))
    if name.endswith("POOL_2D"):
        width = int(options.filterHeight if axis == 1 else options.filterWidth)
    else:
        dilation = int(getattr(options, f"dilation{side}Factor"))
        width = (model.shape(operator.inputs[1])[axis] - 1) * dilation + 1
    if options.padding == VALID:
        return Kernel(width, stride, 0)
    before, _ = same_padding(model.shape(operator.inputs[0])[axis], width, stride)
    return Kernel(width, stride, before)


def same_padding(length: int, width: int, stride: int) -> tuple[int, int]:
    """Zeros before and after, as TensorFlow's SAME has them."""
    outputs = -(-length // stride)
    total = max((outputs - 1) * stride + width - length, 0)
    return total // 2, total - total // 2


def _padding(model: ModelFile, operator: Any) -> Any:
    values = model.constant(operator.inputs[1])
    if values is None:
        raise ConvertError("The trunk cannot be streamed: it computes how much to pad.")
    return values


def _values(model: ModelFile, operator: Any) -> Any:
    values = model.constant(operator.inputs[1])
    return [] if values is None else values.ravel()
