"""Look around in an ONNX graph, and change it in place."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

Array = npt.NDArray[Any]

ELEMENTWISE = frozenset({"Clip", "Elu", "HardSwish", "LeakyRelu", "Relu", "Sigmoid", "Tanh"})
"""operators with one input that treat every value alike"""
SMALL = 10_000
"""bytes: shapes are smaller, weights are larger"""


class Editor:
    """A graph with static shapes. Shapes are those from before the first change."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.model = model
        self.graph = model.graph
        inferred = onnx.shape_inference.infer_shapes(self.light(), data_prop=True).graph
        self._shapes = {
            value.name: tuple(d.dim_value for d in value.type.tensor_type.shape.dim)
            for value in (*inferred.input, *inferred.value_info, *inferred.output)
        }
        self._shapes |= {tensor.name: tuple(tensor.dims) for tensor in self.graph.initializer}
        self._numbers = count()

    def light(self) -> onnx.ModelProto:
        """The model without the values of its weights: shape inference copies what it is given."""
        model, graph = self.model, self.model.graph
        light = onnx.ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
        light.graph.name = graph.name
        light.graph.node.extend(graph.node)
        light.graph.input.extend(graph.input)
        light.graph.output.extend(graph.output)
        for tensor in graph.initializer:
            light.graph.initializer.append(
                tensor
                if tensor.ByteSize() < SMALL
                else onnx.TensorProto(
                    name=tensor.name, dims=tensor.dims, data_type=tensor.data_type
                )
            )
        return light

    def nodes(self, *kinds: str) -> list[onnx.NodeProto]:
        """The nodes of these kinds, in the order of the graph."""
        return [node for node in self.graph.node if node.op_type in kinds]

    def shape(self, name: str) -> tuple[int, ...]:
        """Of a tensor; () where it is not known."""
        return self._shapes.get(name, ())

    def declare(self, name: str, shape: tuple[int, ...]) -> None:
        """Say what shape a new tensor has."""
        self._shapes[name] = shape

    def producer(self, name: str) -> onnx.NodeProto | None:
        """The node that makes a tensor; None for inputs and constants."""
        return next((node for node in self.graph.node if name in node.output), None)

    def users(self, name: str) -> list[onnx.NodeProto]:
        """The nodes that take a tensor."""
        return [node for node in self.graph.node if name in node.input]

    def alone(self, name: str) -> onnx.NodeProto | None:
        """The only user of a tensor that is no output of the graph, or None."""
        users = self.users(name)
        outputs = {value.name for value in self.graph.output}
        return users[0] if len(users) == 1 and name not in outputs else None

    def array(self, name: str) -> Array | None:
        """The value of a constant, or None."""
        for tensor in self.graph.initializer:
            if tensor.name == name:
                return numpy_helper.to_array(tensor)
        return None

    def constant(self, values: npt.ArrayLike, name: str = "constant") -> str:
        """The name of a new constant."""
        new, array = self.name(name), np.asarray(values)
        self.graph.initializer.append(numpy_helper.from_array(array, new))
        self.declare(new, array.shape)
        return new

    def name(self, like: str) -> str:
        """A name that nothing has."""
        taken = {name for node in self.graph.node for name in (*node.input, *node.output)}
        taken |= {tensor.name for tensor in self.graph.initializer}
        taken |= {node.name for node in self.graph.node}
        return next(new for i in self._numbers if (new := f"{like}_{i}") not in taken)

    def node(self, kind: str, inputs: list[str], like: str, **attributes: Any) -> onnx.NodeProto:
        """A new node with one output, not yet in the graph."""
        name = self.name(like)
        return helper.make_node(kind, inputs, [name], name, **attributes)

    def replace(self, node: onnx.NodeProto, others: Iterable[onnx.NodeProto]) -> None:
        """Put `others` in the node's place; the last one gives what the node gave."""
        others = list(others)
        others[-1].output[0] = node.output[0]
        at = list(self.graph.node).index(node)
        self.graph.node.remove(node)
        self.insert(at, others)

    def insert(self, at: int, others: Iterable[onnx.NodeProto]) -> None:
        """Put nodes before the one at that place."""
        for offset, other in enumerate(others):
            self.graph.node.insert(at + offset, other)

    def before(self, node: onnx.NodeProto, other: onnx.NodeProto) -> None:
        """Put `other` between the node and its first input."""
        self.insert(list(self.graph.node).index(node), [other])
        node.input[0] = other.output[0]

    def after(self, node: onnx.NodeProto, other: onnx.NodeProto) -> None:
        """Put `other`, which takes the node's output, between the node and its users."""
        given = node.output[0]
        node.output[0] = self.name(given)
        other.input[0], other.output[0] = node.output[0], given
        self.insert(list(self.graph.node).index(node) + 1, [other])

    def prune(self) -> None:
        """Take out nodes and constants that no output needs."""
        needed = {value.name for value in self.graph.output}
        for node in reversed(list(self.graph.node)):
            if needed.isdisjoint(node.output):
                self.graph.node.remove(node)
            else:
                needed.update(node.input)
        for tensor in [t for t in self.graph.initializer if t.name not in needed]:
            self.graph.initializer.remove(tensor)


def attributes(node: onnx.NodeProto) -> dict[str, Any]:
    """A node's attributes by name; strings as str."""
    values = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    return {k: v.decode() if isinstance(v, bytes) else v for k, v in values.items()}


def set_attribute(node: onnx.NodeProto, name: str, value: Any) -> None:
    """Give a node's attribute a value, whether it was there or not."""
    for each in [a for a in node.attribute if a.name == name]:
        node.attribute.remove(each)
    node.attribute.append(helper.make_attribute(name, value))
