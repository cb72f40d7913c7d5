"""1-D networks as 2-D ones: a sequence (1, C, T) is a map (1, C, 1, T) of height 1.

TFLite has no 1-D convolution; converters write one as a 2-D convolution between two changes of
shape. Here the whole graph becomes 2-D, so that nothing changes shape inside.
"""

from __future__ import annotations

import numpy as np
import onnx

from convert.errors import ConvertError
from convert.nets.onnx_edit import ELEMENTWISE, Array, Editor, attributes, set_attribute

WINDOWED = {
    "kernel_shape": 1,
    "strides": 1,
    "dilations": 1,
    "output_padding": 0,
}
"""attributes of windows, with what they are across the height"""
ALONG = ("AveragePool", "Conv", "ConvTranspose", "MaxPool")
BINARY = ("Add", "Div", "Max", "Min", "Mul", "PRelu", "Pow", "Sub", "Sum")
REDUCTIONS = ("ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum")
AS_THEY_ARE = (
    *ELEMENTWISE,
    "BatchNormalization",
    "Flatten",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Identity",
    "Sqrt",
)


def to_maps(model: onnx.ModelProto) -> None:
    """Change every sequence in the model to a map, in place; nothing else is touched.

    Raises ConvertError for an operator that has no known form on maps.
    """
    editor = Editor(model)
    for node in list(editor.graph.node):
        _change(editor, node)
    for value in (editor.graph.input[0], editor.graph.output[0]):
        shape = editor.shape(value.name)
        if len(shape) == 3:
            value.type.tensor_type.ClearField("shape")
            for size in _raised(shape):
                value.type.tensor_type.shape.dim.add().dim_value = size


def _change(editor: Editor, node: onnx.NodeProto) -> None:
    before, after = editor.shape(node.input[0]), editor.shape(node.output[0])
    if len(before) != 3 and len(after) != 3:
        return
    kind = node.op_type
    if kind in ALONG:
        _windows(editor, node)
    elif kind in BINARY:
        _constants(editor, node, len(after))
    elif kind in REDUCTIONS:
        _reduction(editor, node)
    elif kind in ("Reshape", "Squeeze", "Unsqueeze") and len(after) > 0:
        shape = _raised(after) if len(after) == 3 else after
        new = editor.constant(np.array(shape, np.int64), "shape")
        editor.replace(node, [editor.node("Reshape", [node.input[0], new], "reshape")])
    elif kind in ("Concat", "Softmax"):
        axis = int(attributes(node).get("axis", -1)) % 3
        set_attribute(node, "axis", 3 if axis == 2 else axis)
    elif kind == "Pad":
        _pad(editor, node)
    elif kind not in AS_THEY_ARE:
        raise ConvertError(
            f"The graph has {kind} on a sequence {before}: it has no form on feature maps here. "
            f"Supported: {', '.join(sorted((*ALONG, *BINARY, *REDUCTIONS, *AS_THEY_ARE)))}, "
            "Concat, Pad, Reshape, Softmax, Squeeze, Unsqueeze."
        )


def _raised(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*shape[:2], 1, shape[2])


def _windows(editor: Editor, node: onnx.NodeProto) -> None:
    given = attributes(node)
    for name, across in WINDOWED.items():
        if name in given:
            set_attribute(node, name, [across, *given[name]])
    if "pads" in given:
        start, end = given["pads"]
        set_attribute(node, "pads", [0, start, 0, end])
    if node.op_type in ("Conv", "ConvTranspose"):
        weights = editor.array(node.input[1])
        if weights is None:
            raise ConvertError(f"{node.op_type} {node.name} has weights that are computed.")
        node.input[1] = editor.constant(np.expand_dims(weights, 2), "kernel")


def _constants(editor: Editor, node: onnx.NodeProto, rank: int) -> None:
    for place, name in enumerate(node.input):
        values = editor.array(name)
        if values is not None and values.ndim >= 2 and rank == 3:
            node.input[place] = editor.constant(_across(values), "constant")


def _across(values: Array) -> Array:
    """A constant that goes with sequences, with a height of 1."""
    return np.expand_dims(values, values.ndim - 1)


def _reduction(editor: Editor, node: onnx.NodeProto) -> None:
    given = attributes(node)
    axes = given.get("axes")
    if axes is None and len(node.input) > 1 and node.input[1]:
        values = editor.array(node.input[1])
        axes = None if values is None else values.tolist()
    if axes is None:
        raise ConvertError(f"{node.op_type} {node.name} on a sequence must name its axes.")
    wanted = sorted({axis % 3 for axis in axes})
    moved = [axis for axis in wanted if axis < 2] + ([2, 3] if 2 in wanted else [])
    if not given.get("keepdims", 1) and 2 not in wanted:
        raise ConvertError(
            f"{node.op_type} {node.name} drops the channels of a sequence and keeps its time. "
            "Reduce with keepdims."
        )
    if "axes" in given:
        set_attribute(node, "axes", moved)
    else:
        node.input[1] = editor.constant(np.array(moved, np.int64), "axes")


def _pad(editor: Editor, node: onnx.NodeProto) -> None:
    pads = editor.array(node.input[1]) if len(node.input) > 1 else None
    if pads is None or (len(node.input) > 3 and node.input[3]):
        raise ConvertError(f"Pad {node.name} on a sequence must have constant pads and no axes.")
    first, second = pads[:3].tolist(), pads[3:].tolist()
    raised = [*first[:2], 0, first[2], *second[:2], 0, second[2]]
    node.input[1] = editor.constant(np.array(raised, np.int64), "pads")
