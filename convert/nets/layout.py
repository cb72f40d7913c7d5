"""Take TRANSPOSE out of a graph that goes from PyTorch's layout (NCHW) to TFLite's (NHWC).

Where a dense layer meets a feature map, the order of the map's elements matters, and a converter
keeps it with a TRANSPOSE at run time. The same order can be had once and for all by permuting the
dense layer's weights. These passes do so on the ONNX graph; what the graph computes is unchanged.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import onnx

from convert.nets.onnx_edit import ELEMENTWISE, Array, Editor, attributes, set_attribute
from convert.nets.upsampling import depth_first

TO_NCHW, TO_NHWC = (0, 3, 1, 2), (0, 2, 3, 1)

Order = npt.NDArray[np.int64]


def to_channels_last(model: onnx.ModelProto) -> None:
    """Bring dense layers into channels-last order, in place. Shapes must be static."""
    editor = Editor(model)
    for node in editor.nodes("MatMul"):
        _matmul_to_dense(editor, node)
    for node in editor.nodes("Reshape"):
        _dense_to_map(editor, node)
    for node in editor.nodes("Flatten", "Reshape"):
        _map_to_dense(editor, node)
    for node in editor.nodes("DepthToSpace"):
        _depth_to_space(editor, node)
    for node in editor.nodes("Gemm"):
        _with_bias(editor, node)
    for node in editor.nodes("Add", "Div", "Max", "Min", "Mul", "Pow", "Sub"):
        _unambiguous(editor, node)
    editor.prune()
    _with_useful_shapes(editor)


def _with_useful_shapes(editor: Editor) -> None:
    """Give the model the shapes that onnx2tf 1.29 needs, without those that mislead it.

    It places Resize by the shapes of its neighbours. An addition whose shape it knows it turns
    back to NCHW, and then writes the depthwise convolution that follows as a grouped one.
    """
    del editor.graph.value_info[:]
    inferred = onnx.shape_inference.infer_shapes(editor.light())
    sums = {name for node in editor.nodes("Add") for name in node.output}
    kept = [value for value in inferred.graph.value_info if value.name not in sums]
    editor.graph.value_info.extend(kept)


def _matmul_to_dense(editor: Editor, node: onnx.NodeProto) -> None:
    """A product of a vector and constant weights is a dense layer."""
    weights = editor.array(node.input[1])
    if weights is not None and weights.ndim == 2 and len(editor.shape(node.input[0])) == 2:
        editor.replace(node, [editor.node("Gemm", list(node.input), "dense")])


def _with_bias(editor: Editor, dense: onnx.NodeProto) -> None:
    """TFLite writes a dense layer without bias in a version that boards do not know."""
    weights = editor.shape(dense.input[1])
    if len(dense.input) < 3 and weights:
        outputs = weights[0] if _transposed(dense) else weights[1]
        dense.input.append(editor.constant(np.zeros(outputs, np.float32), "bias"))


def _unambiguous(editor: Editor, node: onnx.NodeProto) -> None:
    """Constants beside a map for each value or for each channel: of those that are broadcast in
    other ways, onnx2tf guesses the layout, and not always well."""
    shape = editor.shape(node.output[0])
    for place, name in enumerate(node.input):
        values = editor.array(name)
        if len(shape) != 4 or values is None or values.size == 1:
            continue
        raised = values.reshape((1,) * (4 - values.ndim) + values.shape)
        if raised.shape != (1, shape[1], 1, 1):
            raised = np.broadcast_to(raised, shape)
        if raised.shape != values.shape:
            node.input[place] = editor.constant(np.ascontiguousarray(raised), name)


def _dense_to_map(editor: Editor, reshape: onnx.NodeProto) -> None:
    """Dense → (element-wise) → Reshape to (1, C, H, W)."""
    shape = editor.shape(reshape.output[0])
    dense = _dense_before(editor, reshape)
    if len(shape) != 4 or dense is None or _turns(editor.alone(reshape.output[0]), TO_NCHW):
        return
    _, channels, height, width = shape
    _permute_outputs(editor, dense, _nhwc(shape[1:]))
    reshape.input[1] = editor.constant(np.array([1, height, width, channels], np.int64), "shape")
    editor.after(reshape, editor.node("Transpose", [""], "map", perm=TO_NCHW))


def _dense_before(editor: Editor, reshape: onnx.NodeProto) -> onnx.NodeProto | None:
    """The dense layer that feeds the Reshape alone, through element-wise operators at most."""
    name = reshape.input[0]
    while editor.alone(name) is not None:
        node = editor.producer(name)
        if node is None or node.op_type == "Gemm":
            return node
        if node.op_type not in ELEMENTWISE:
            return None
        name = node.input[0]
    return None


def _map_to_dense(editor: Editor, flatten: onnx.NodeProto) -> None:
    """(1, C, H, W) → Flatten → Dense."""
    before, after = editor.shape(flatten.input[0]), editor.shape(flatten.output[0])
    dense = editor.alone(flatten.output[0])
    if len(before) != 4 or len(after) != 2 or after[0] != 1:
        return
    if dense is None or dense.op_type != "Gemm":
        return
    if _turns(editor.producer(flatten.input[0]), TO_NHWC):
        return
    _permute_inputs(editor, dense, _nhwc(before[1:]))
    editor.before(flatten, editor.node("Transpose", [flatten.input[0]], "map", perm=TO_NHWC))


def _turns(node: onnx.NodeProto | None, order: tuple[int, ...]) -> bool:
    """Whether a node changes the layout so already, as graphs that come from TensorFlow do."""
    return (
        node is not None
        and node.op_type == "Transpose"
        and tuple(attributes(node).get("perm", ())) == order
    )


def _nhwc(shape: tuple[int, ...]) -> Order:
    """Places of the elements of a (C, H, W) map, in the order (H, W, C)."""
    return np.arange(int(np.prod(shape))).reshape(shape).transpose(1, 2, 0).ravel()


def _depth_to_space(editor: Editor, node: onnx.NodeProto) -> None:
    """Convolution → DepthToSpace in PyTorch's channel order (CRD) → in TensorFlow's (DCR)."""
    given = attributes(node)
    conv = editor.producer(node.input[0])
    if given.get("mode") != "CRD" or conv is None or conv.op_type != "Conv":
        return
    order = depth_first(editor.shape(node.input[0])[1], given["blocksize"])
    for place in range(1, len(conv.input)):
        _replace(editor, conv, place, lambda weights: weights[order])
    set_attribute(node, "mode", "DCR")


def _permute_outputs(editor: Editor, dense: onnx.NodeProto, order: Order) -> None:
    across = _transposed(dense)
    _replace(editor, dense, 1, lambda w: w[order] if across else w[:, order])
    if len(dense.input) > 2:
        _replace(editor, dense, 2, lambda bias: bias[..., order] if bias.size > 1 else bias)


def _permute_inputs(editor: Editor, dense: onnx.NodeProto, order: Order) -> None:
    across = _transposed(dense)
    _replace(editor, dense, 1, lambda w: w[:, order] if across else w[order])


def _transposed(dense: onnx.NodeProto) -> bool:
    """Whether the weights are (outputs, inputs), as PyTorch stores them."""
    return bool(attributes(dense).get("transB", 0))


def _replace(
    editor: Editor, node: onnx.NodeProto, place: int, change: Callable[[Array], Array]
) -> None:
    """Give the node changed weights of its own: others may use the old ones."""
    values = editor.array(node.input[place])
    if values is not None:
        changed = np.ascontiguousarray(change(values))
        node.input[place] = editor.constant(changed, node.input[place])
