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
from onnx import helper, numpy_helper

Array = npt.NDArray[np.generic]

TO_NCHW, TO_NHWC = (0, 3, 1, 2), (0, 2, 3, 1)


def to_channels_last(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network with its dense layers in channels-last order. Shapes must be static."""
    model = onnx.shape_inference.infer_shapes(model)
    graph = model.graph
    for node in list(graph.node):
        if node.op_type == "Reshape":
            _dense_to_map(graph, node)
        if node.op_type in ("Flatten", "Reshape"):
            _map_to_dense(graph, node)
        if node.op_type == "DepthToSpace":
            _depth_to_space(graph, node)
    onnx.checker.check_model(model)
    del graph.value_info[:]
    return _with_useful_shapes(model)


def _with_useful_shapes(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with the shapes that onnx2tf 1.29 needs, and without those that mislead it.

    It places Resize by the shapes of its neighbours. An addition whose shape it knows it turns
    back to NCHW, and then writes the depthwise convolution that follows as a grouped one.
    """
    model = onnx.shape_inference.infer_shapes(model)
    sums = {name for node in model.graph.node if node.op_type == "Add" for name in node.output}
    kept = [value for value in model.graph.value_info if value.name not in sums]
    del model.graph.value_info[:]
    model.graph.value_info.extend(kept)
    return model


def _dense_to_map(graph: onnx.GraphProto, reshape: onnx.NodeProto) -> None:
    """Dense → (element-wise) → Reshape to (1, C, H, W)."""
    shape = _shape(graph, reshape.output[0])
    dense = _producer(graph, reshape.input[0])
    while dense is not None and dense.op_type in ("Relu", "Sigmoid", "Tanh", "LeakyRelu"):
        dense = _producer(graph, dense.input[0])
    if len(shape) != 4 or dense is None or not _alone(graph, dense, reshape):
        return
    _, channels, height, width = shape
    order = np.arange(channels * height * width).reshape(channels, height, width)
    _permute_outputs(graph, dense, order.transpose(1, 2, 0).ravel())
    between = f"{reshape.output[0]}_nhwc"
    target = f"{between}_shape"
    graph.initializer.append(_constant(target, [1, height, width, channels]))
    transpose = helper.make_node("Transpose", [between], [reshape.output[0]], between, perm=TO_NCHW)
    reshape.input[1], reshape.output[0] = target, between
    graph.node.insert(list(graph.node).index(reshape) + 1, transpose)


def _map_to_dense(graph: onnx.GraphProto, flatten: onnx.NodeProto) -> None:
    """(1, C, H, W) → Flatten → Dense."""
    before, after = _shape(graph, flatten.input[0]), _shape(graph, flatten.output[0])
    users = [node for node in graph.node if flatten.output[0] in node.input]
    if len(before) != 4 or len(after) != 2 or len(users) != 1 or users[0].op_type != "Gemm":
        return
    _, channels, height, width = before
    order = np.arange(channels * height * width).reshape(channels, height, width)
    _permute_inputs(graph, users[0], order.transpose(1, 2, 0).ravel())
    between = f"{flatten.input[0]}_nhwc"
    transpose = helper.make_node("Transpose", [flatten.input[0]], [between], between, perm=TO_NHWC)
    flatten.input[0] = between
    graph.node.insert(list(graph.node).index(flatten), transpose)


def _depth_to_space(graph: onnx.GraphProto, node: onnx.NodeProto) -> None:
    """Convolution → DepthToSpace in PyTorch's channel order (CRD) → in TensorFlow's (DCR)."""
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    conv = _producer(graph, node.input[0])
    if attributes.get("mode") != b"CRD" or conv is None or conv.op_type != "Conv":
        return
    block = attributes["blocksize"]
    channels = _shape(graph, node.input[0])[1] // block**2
    order = np.arange(channels * block**2).reshape(channels, block**2).T.ravel()
    for name in conv.input[1:]:
        _replace(graph, name, lambda weights: weights[order])
    for attribute in node.attribute:
        if attribute.name == "mode":
            attribute.s = b"DCR"


def _permute_outputs(
    graph: onnx.GraphProto, dense: onnx.NodeProto, order: npt.NDArray[np.int64]
) -> None:
    across = _transposed(dense)
    _replace(graph, dense.input[1], lambda w: w[order] if across else w[:, order])
    for name in dense.input[2:]:
        _replace(graph, name, lambda bias: bias[order])


def _permute_inputs(
    graph: onnx.GraphProto, dense: onnx.NodeProto, order: npt.NDArray[np.int64]
) -> None:
    across = _transposed(dense)
    _replace(graph, dense.input[1], lambda w: w[:, order] if across else w[order])


def _transposed(dense: onnx.NodeProto) -> bool:
    """Whether the weights are (outputs, inputs), as PyTorch stores them."""
    return any(a.name == "transB" and a.i for a in dense.attribute)


def _alone(graph: onnx.GraphProto, dense: onnx.NodeProto, last: onnx.NodeProto) -> bool:
    """Whether nothing but the chain to `last` uses the dense layer and what follows it."""
    if dense.op_type != "Gemm":
        return False
    name, node = dense.output[0], dense
    while node is not last:
        users = [user for user in graph.node if name in user.input]
        if len(users) != 1:
            return False
        node, name = users[0], users[0].output[0]
    return True


def _producer(graph: onnx.GraphProto, name: str) -> onnx.NodeProto | None:
    return next((node for node in graph.node if name in node.output), None)


def _shape(graph: onnx.GraphProto, name: str) -> tuple[int, ...]:
    for value in (*graph.input, *graph.value_info, *graph.output):
        if value.name == name:
            return tuple(d.dim_value for d in value.type.tensor_type.shape.dim)
    return ()


def _constant(name: str, values: list[int]) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(values, np.int64), name)


def _replace(graph: onnx.GraphProto, name: str, change: Callable[[Array], Array]) -> None:
    for tensor in graph.initializer:
        if tensor.name == name:
            changed = np.ascontiguousarray(change(numpy_helper.to_array(tensor)))
            tensor.CopyFrom(numpy_helper.from_array(changed, name))
