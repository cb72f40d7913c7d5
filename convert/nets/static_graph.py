"""Any ONNX graph → one input, one output, a batch of 1, and channels first at both ends.

What happens at the ends of a graph follows from what a board gives and takes: values in the order
of TFLite's layout, whatever shape they are declared with. So reshaping at the input says nothing,
and a change of layout at either end is one that the conversion to TFLite makes anyway.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import onnx
from onnx import TensorProto, helper

from convert.errors import ConvertError
from convert.nets.onnx_edit import ELEMENTWISE, Editor, attributes

LAST_TO_FIRST, FIRST_TO_LAST = (0, 3, 1, 2), (0, 2, 3, 1)
RESHAPES = ("Flatten", "Reshape", "Squeeze", "Unsqueeze")
FIRST = ("BatchNormalization", "Conv", "ConvTranspose", "DepthToSpace", "Resize")
"""operators that are defined on (n, C, H, W) alone"""
OLDEST_OPSET = 13
FEW = 4
"""channels of sounds and pictures; no map is so narrow"""

Layout = Literal["channels first", "channels last"]


@dataclass(frozen=True)
class Ends:
    """How a graph as it was given takes and gives what the static one does."""

    input_last: bool = False
    """its input has the values in the order that the board has them"""
    output_last: bool = False
    output_shape: tuple[int, ...] = ()
    """what its output, if channels first, is to be taken for; () as it is"""


def make_static(model: onnx.ModelProto, output: str | None = None) -> None:
    """Give the model a batch of 1 and one output, in place; `output`: which, where it has several.

    Raises ConvertError that says what a board could not do.
    """
    _newer_operators(model)
    graph = model.graph
    del graph.value_info[:]
    constants = {tensor.name for tensor in graph.initializer}
    for value in [v for v in graph.input if v.name in constants]:  # ONNX before 2019 lists them
        graph.input.remove(value)
    _one_output(graph, output)
    if len(graph.input) != 1:
        names = ", ".join(value.name for value in graph.input) or "none"
        raise ConvertError(f"The ONNX graph must have one input; it has {names}.")
    for value in (graph.input[0], graph.output[0]):
        if value.type.tensor_type.elem_type != TensorProto.FLOAT:
            kind = TensorProto.DataType.Name(value.type.tensor_type.elem_type)
            raise ConvertError(f"'{value.name}' of the ONNX graph is {kind}; FLOAT is wanted.")
    _batch_of_one(graph.input[0])
    graph.output[0].type.tensor_type.ClearField("shape")
    Editor(model).prune()


def plain_ends(model: onnx.ModelProto) -> Ends:
    """Bring both ends to (1, n), (1, C, T) or (1, C, H, W), in place. Shapes must be static."""
    editor = Editor(model)
    graph = model.graph
    input_last = _plain_input(editor)
    _plain_output(editor)
    if _layout(editor, graph.input[0].name, "input") == "channels last":
        _input_channels_first(editor)
        input_last = True
    output_shape = editor.shape(graph.output[0].name)
    output_last = _layout(editor, graph.output[0].name, "output") == "channels last"
    if output_last:
        _output_channels_first(editor)
    graph.output[0].type.tensor_type.ClearField("shape")
    return Ends(input_last, output_last, output_shape)


def _newer_operators(model: onnx.ModelProto) -> None:
    """Bring a graph of before 2020 to the operators that the passes write."""
    version = max((each.version for each in model.opset_import if not each.domain), default=0)
    if version >= OLDEST_OPSET:
        return
    try:
        model.CopyFrom(onnx.version_converter.convert_version(model, OLDEST_OPSET))
    except Exception as error:  # whatever its C++ part meets
        raise ConvertError(
            f"The ONNX graph has operator set {version}, and cannot be brought to "
            f"{OLDEST_OPSET}: {error}. Export it again with a newer one."
        ) from error


def _one_output(graph: onnx.GraphProto, name: str | None) -> None:
    names = [value.name for value in graph.output]
    if name is None and len(names) != 1:
        raise ConvertError(
            f"The ONNX graph has {len(names)} outputs: {', '.join(names)}. Choose one."
        )
    for value in [v for v in graph.output if v.name != (name or names[0])]:
        graph.output.remove(value)


def _batch_of_one(value: onnx.ValueInfoProto) -> None:
    dimensions = value.type.tensor_type.shape.dim
    for axis, dimension in enumerate(dimensions):
        if dimension.HasField("dim_value") and dimension.dim_value > 0:
            continue
        if axis > 0:
            name = f" ('{dimension.dim_param}')" if dimension.dim_param else ""
            raise ConvertError(
                f"Dimension {axis}{name} of the input '{value.name}' has no fixed size. Export "
                "the graph with the size that the board will give it."
            )
        dimension.dim_value = 1
    shape = [dimension.dim_value for dimension in dimensions]
    if shape[:1] != [1] or len(shape) not in (2, 3, 4):
        raise ConvertError(
            f"The input '{value.name}' is {tuple(shape)}. (1, n), (1, C, T) or (1, C, H, W) is "
            "wanted, with a batch of 1."
        )


def _plain_input(editor: Editor) -> bool:
    """Take what only declares the shape anew away from the input. Returns whether a change from
    (1, T, C) to (1, C, T) was among it."""
    turned = False
    while True:
        value = editor.graph.input[0]
        shape, user = _dimensions(value), editor.alone(value.name)
        if user is None or user.input[0] != value.name:
            return turned
        if user.op_type == "Transpose":
            if tuple(attributes(user).get("perm", ())) != (0, 2, 1) or not _convolves(editor, user):
                return turned
            turned = True
        elif user.op_type not in RESHAPES or (len(shape) == 4 and not _in_board_order(shape)):
            return turned
        after = editor.shape(user.output[0])
        if len(after) not in (2, 3, 4) or after[0] != 1:
            return turned
        editor.graph.node.remove(user)
        editor.graph.input[0].CopyFrom(_value(user.output[0], after))


def _plain_output(editor: Editor) -> None:
    """A vector is given as (1, n), and points (1, n, 2) as the vector that they come from."""
    value = editor.graph.output[0]
    shape, node = editor.shape(value.name), editor.producer(value.name)
    if len(shape) == 3 and node is not None and node.op_type in RESHAPES:
        if len(editor.shape(node.input[0])) == 2:
            value.name = node.input[0]
    elif len(shape) > 2 and sum(size > 1 for size in shape) <= 1:
        flat = editor.constant(np.array([1, -1]), "vector_shape")
        last = editor.node("Reshape", [value.name, flat], "vector")
        editor.graph.node.append(last)
        value.name = last.output[0]
        editor.declare(value.name, (1, math.prod(shape)))


def _convolves(editor: Editor, transpose: onnx.NodeProto) -> bool:
    users = editor.users(transpose.output[0])
    return bool(users) and all(user.op_type == "Conv" for user in users)


def _in_board_order(shape: tuple[int, ...]) -> bool:
    """Whether a declared map has its values in TFLite's order: (1, H, W, C), or one channel."""
    return shape[1] == 1 or shape[3] <= FEW < shape[1]


def _layout(editor: Editor, name: str, end: Literal["input", "output"]) -> Layout:
    """Of a map at an end of the graph: by the operators next to it, else by its shape."""
    shape = editor.shape(name)
    if len(shape) != 4:
        return "channels first"
    node = _beside(editor, name, end)
    while node is not None and node.op_type in (*ELEMENTWISE, "Add", "Div", "Mul", "Sub"):
        name = node.output[0] if end == "input" else node.input[0]
        node = _beside(editor, name, end)
    if node is not None and node.op_type in FIRST:
        return "channels first"
    if node is not None and node.op_type == "Transpose":
        perm = tuple(attributes(node).get("perm", ()))
        if perm == (LAST_TO_FIRST if end == "input" else FIRST_TO_LAST):
            return "channels last"
    return "channels last" if shape[3] <= FEW < shape[1] else "channels first"


def _beside(editor: Editor, name: str, end: str) -> onnx.NodeProto | None:
    if end == "output":
        return editor.producer(name)
    users = editor.users(name)
    return users[0] if users else None


def _input_channels_first(editor: Editor) -> None:
    """A new input in front; onnxruntime cancels the change of layout against the graph's own."""
    old = editor.graph.input[0]
    name, (_, height, width, channels) = old.name, _dimensions(old)
    new = editor.name("input")
    editor.graph.input[0].CopyFrom(_value(new, (1, channels, height, width)))
    turn = helper.make_node("Transpose", [new], [name], f"{new}_turn", perm=FIRST_TO_LAST)
    editor.insert(0, [turn])


def _output_channels_first(editor: Editor) -> None:
    value = editor.graph.output[0]
    last = editor.node("Transpose", [value.name], "output", perm=LAST_TO_FIRST)
    editor.graph.node.append(last)
    value.name = last.output[0]


def _dimensions(value: onnx.ValueInfoProto) -> tuple[int, ...]:
    return tuple(d.dim_value for d in value.type.tensor_type.shape.dim)


def _value(name: str, shape: tuple[int, ...]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
