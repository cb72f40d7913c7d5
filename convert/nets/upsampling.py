"""Upsampling with weights, rewritten in an ONNX graph into operators that each target runs.

TFLite quantizes TRANSPOSE_CONV per channel, which the Edge TPU's compiler is not known to take, and
the Edge TPU has no DEPTH_TO_SPACE. So a transposed convolution becomes

- on a map of 1×1: a dense layer;
- for cpu and jetson: a convolution and DepthToSpace (the sub-pixel form);
- for coral, and where the sub-pixel form would cut something off: nearest-neighbour resizing, a
  mask of zeros and ones, and a convolution (the zero-stuffed form);

and for coral a convolution with DepthToSpace after it becomes the zero-stuffed form too. All are
exact; `convert.nets.transposed` has the arithmetic. In int8 the resizing keeps its scale, and the
mask (0 and 1 at a scale of 1/255) returns the values that it lets through as they were.
"""

from __future__ import annotations

import numpy as np
import onnx

from convert.errors import ConvertError
from convert.nets.net import Floats
from convert.nets.onnx_edit import ELEMENTWISE, Editor, attributes, set_attribute
from convert.nets.transposed import (
    Convolution,
    Transposed,
    has_phases,
    of_phases,
    stuffing,
    subpixel,
    zero_stuffed,
)
from edge.inference.manifest import Target


def rewrite_upsampling(model: onnx.ModelProto, target: Target) -> None:
    """Change the model in place. Shapes must be static. Raises ConvertError for a transposed
    convolution with groups, dilation or computed weights."""
    editor = Editor(model)
    for node in editor.nodes("Resize"):
        _whole_factor(editor, node)
    for node in editor.nodes("DepthToSpace"):
        _before_activation(editor, node)
    editor = Editor(model)
    for node in editor.nodes("ConvTranspose"):
        layer = _read(editor, node)
        if layer.size == (1, 1):
            _as_dense(editor, node, layer)
        elif target != "coral" and has_phases(layer):
            _as_subpixel(editor, node, layer)
        else:
            _as_zero_stuffed(editor, node, layer)
    if target == "coral":
        editor = Editor(model)
        for node in editor.nodes("DepthToSpace"):
            _without_depth_to_space(editor, node)
    editor.prune()


def _read(editor: Editor, node: onnx.NodeProto) -> Transposed:
    given = attributes(node)
    weights = editor.array(node.input[1])
    bias = editor.array(node.input[2]) if len(node.input) > 2 and node.input[2] else None
    dilated = any(step != 1 for step in given.get("dilations", ()))
    if weights is None or given.get("group", 1) != 1 or dilated:
        raise ConvertError(
            f"The transposed convolution {node.name or node.output[0]} has groups, dilation or "
            "computed weights. Use one with none of these, or resizing and a convolution."
        )
    size, output = editor.shape(node.input[0])[2:], editor.shape(node.output[0])[2:]
    if len(size) != 2 or len(output) != 2:
        raise ConvertError(
            f"The size of the map at {node.name or node.output[0]} cannot be told. Export the "
            "graph with static shapes."
        )
    strides = given.get("strides", (1, 1))
    begin = tuple(given.get("pads", (0, 0, 0, 0))[:2])
    if given.get("auto_pad", "NOTSET") != "NOTSET" or "output_shape" in given:
        extra = given.get("output_padding", (0, 0))
        total = [
            max(0, strides[axis] * (size[axis] - 1) + extra[axis] + weights.shape[2 + axis] - out)
            for axis, out in enumerate(output)
        ]
        upper = given.get("auto_pad") == "SAME_UPPER"
        begin = tuple(t // 2 if upper else t - t // 2 for t in total)
    return Transposed(
        weights=weights,
        bias=np.zeros(weights.shape[1], np.float32) if bias is None else bias,
        stride=(strides[0], strides[1]),
        begin=(begin[0], begin[1]),
        size=(size[0], size[1]),
        output=(output[0], output[1]),
    )


def _as_dense(editor: Editor, node: onnx.NodeProto, layer: Transposed) -> None:
    """On a 1×1 map each output pixel sees the one input through one tap."""
    inputs, outputs = layer.weights.shape[:2]
    maps = np.zeros((inputs, outputs, *layer.output), np.float32)
    seen = layer.weights[
        :,
        :,
        layer.begin[0] : layer.begin[0] + layer.output[0],
        layer.begin[1] : layer.begin[1] + layer.output[1],
    ]
    maps[:, :, : seen.shape[2], : seen.shape[3]] = seen
    bias = np.repeat(layer.bias, layer.output[0] * layer.output[1])
    before = editor.producer(node.input[0])
    if before is not None and len(editor.shape(before.input[0])) == 2:
        vector, flat = before.input[0], []
    else:
        flat = [editor.node("Flatten", [node.input[0]], "flatten", axis=1)]
        vector = flat[0].output[0]
    weights = editor.constant(maps.reshape(inputs, -1), "dense")
    dense = editor.node("Gemm", [vector, weights, editor.constant(bias, "bias")], "dense")
    shape = editor.constant(np.array([1, outputs, *layer.output], np.int64), "shape")
    reshape = editor.node("Reshape", [dense.output[0], shape], "map")
    editor.replace(node, [*flat, dense, reshape])


def _as_subpixel(editor: Editor, node: onnx.NodeProto, layer: Transposed) -> None:
    conv = _convolution(editor, node.input[0], subpixel(layer))
    phases = editor.node(
        "DepthToSpace", [conv.output[0]], "phases", blocksize=layer.stride[0], mode="DCR"
    )
    editor.replace(node, [conv, phases])


def _as_zero_stuffed(editor: Editor, node: onnx.NodeProto, layer: Transposed) -> None:
    editor.replace(node, _zero_stuffed(editor, node.input[0], layer))


def _zero_stuffed(editor: Editor, source: str, layer: Transposed) -> list[onnx.NodeProto]:
    nodes = []
    if layer.stride != (1, 1):
        scales = editor.constant(np.array([1, 1, *layer.stride], np.float32), "scales")
        enlarged = editor.node(
            "Resize",
            [source, "", scales],
            "enlarged",
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )
        mask = editor.constant(stuffing(layer.size, layer.stride)[None, None], "mask")
        stuffed = editor.node("Mul", [enlarged.output[0], mask], "stuffed")
        nodes, source = [enlarged, stuffed], stuffed.output[0]
    return [*nodes, _convolution(editor, source, zero_stuffed(layer))]


def _convolution(editor: Editor, source: str, convolution: Convolution) -> onnx.NodeProto:
    weights = editor.constant(convolution.weights, "kernel")
    bias = editor.constant(convolution.bias, "bias")
    size = convolution.weights.shape[2:]
    return editor.node(
        "Conv", [source, weights, bias], "convolution", kernel_shape=size, pads=convolution.pads
    )


def _before_activation(editor: Editor, node: onnx.NodeProto) -> None:
    """Convolution → activation → DepthToSpace: the activation may as well come last."""
    while (activation := editor.producer(node.input[0])) is not None:
        if activation.op_type not in ELEMENTWISE or editor.alone(node.input[0]) is None:
            return
        source, given = activation.input[0], node.output[0]
        editor.graph.node.remove(activation)
        node.input[0], node.output[0] = source, editor.name("phases")
        activation.input[0], activation.output[0] = node.output[0], given
        editor.insert(list(editor.graph.node).index(node) + 1, [activation])


def _without_depth_to_space(editor: Editor, node: onnx.NodeProto) -> None:
    given = attributes(node)
    block = given["blocksize"]
    conv = editor.producer(node.input[0])
    if conv is None or not _foldable(editor, conv):
        # as if after a convolution that changes nothing
        conv = None
        channels = editor.shape(node.input[0])[1]
        convolution = Convolution(
            np.eye(channels, dtype=np.float32)[:, :, None, None],
            np.zeros(channels, np.float32),
            (0, 0, 0, 0),
        )
        source = node.input[0]
    else:
        convolution, source = _plain(editor, conv), conv.input[0]
    if given.get("mode", "DCR") == "CRD":
        order = depth_first(len(convolution.bias), block)
        convolution = Convolution(
            convolution.weights[order], convolution.bias[order], convolution.pads
        )
    size = editor.shape(source)[2:]
    layer = of_phases(convolution, block, (size[0], size[1]))
    nodes = _zero_stuffed(editor, source, layer)
    rest = _phase_biases(convolution.bias, layer, block)
    if np.any(rest):
        added = editor.node("Add", [nodes[-1].output[0], editor.constant(rest, "bias")], "phases")
        nodes.append(added)
    editor.replace(node, nodes)


def _phase_biases(bias: Floats, layer: Transposed, block: int) -> Floats:
    """`(1, outputs, height, width)`: how each phase's bias differs from the first one's."""
    rest = (bias.reshape(block, block, -1) - layer.bias).transpose(2, 0, 1)
    blocks = [size // block for size in layer.output]
    return np.tile(rest, (1, *blocks))[None].astype(np.float32)


def _foldable(editor: Editor, conv: onnx.NodeProto) -> bool:
    given = attributes(conv)
    return (
        conv.op_type == "Conv"
        and editor.alone(conv.output[0]) is not None
        and given.get("group", 1) == 1
        and given.get("auto_pad", "NOTSET") == "NOTSET"
        and all(step == 1 for name in ("strides", "dilations") for step in given.get(name, ()))
        and editor.array(conv.input[1]) is not None
    )


def _plain(editor: Editor, conv: onnx.NodeProto) -> Convolution:
    weights = editor.array(conv.input[1])
    bias = editor.array(conv.input[2]) if len(conv.input) > 2 else None
    assert weights is not None
    pads = attributes(conv).get("pads", (0, 0, 0, 0))
    return Convolution(
        weights,
        np.zeros(len(weights), np.float32) if bias is None else bias,
        (pads[0], pads[1], pads[2], pads[3]),
    )


def depth_first(channels: int, block: int) -> list[int]:
    """PyTorch's channels (output, row, column) in TensorFlow's order (row, column, output)."""
    order = np.arange(channels).reshape(-1, block**2).T
    return [int(channel) for channel in order.ravel()]


def _whole_factor(editor: Editor, node: onnx.NodeProto) -> None:
    """Nearest-neighbour resizing by whole factors: the usual rules pick the same pixels, and every
    board knows this one."""
    before, after = editor.shape(node.input[0]), editor.shape(node.output[0])
    given = attributes(node)
    rounds = given.get("nearest_mode", "round_prefer_floor").startswith("round")
    half = given.get("coordinate_transformation_mode", "half_pixel") == "half_pixel"
    if given.get("mode", "nearest") != "nearest" or not (rounds and half):
        return
    if len(before) == len(after) == 4 and all(
        new % old == 0 for old, new in zip(before, after, strict=True)
    ):
        set_attribute(node, "coordinate_transformation_mode", "asymmetric")
        set_attribute(node, "nearest_mode", "floor")
