"""What is inside a `.tflite` file: its operators, tensors and multiplications."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import tflite

from convert.errors import ConvertError

_NAMES = {
    number: name for name, number in vars(tflite.BuiltinOperator).items() if isinstance(number, int)
}
_TYPES = {
    number: name for name, number in vars(tflite.TensorType).items() if isinstance(number, int)
}
NONE = np.zeros(0, np.int32)


@dataclass(frozen=True)
class Tensor:
    """A value in the graph."""

    name: str
    shape: tuple[int, ...]
    type: str
    """as in the schema: INT8, INT32, FLOAT32, …"""


@dataclass(frozen=True)
class Operator:
    """A step of the graph."""

    name: str
    """as in the schema: CONV_2D, …; a custom operator's own name after CUSTOM"""
    version: int
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    @property
    def macs(self) -> int:
        """Multiplications with addition; 0 for operators that have no weights."""
        base = self.name.partition(":")[0]
        if base == "FULLY_CONNECTED":
            return int(np.prod(self.inputs[1].shape))
        if base in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            return int(np.prod(self.inputs[1].shape) * np.prod(self.outputs[0].shape[1:3]))
        if base == "TRANSPOSE_CONV":
            return int(np.prod(self.inputs[1].shape) * np.prod(self.inputs[2].shape[1:3]))
        return 0


@dataclass(frozen=True)
class Graph:
    """A TFLite model's only subgraph."""

    operators: tuple[Operator, ...]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    @cached_property
    def macs(self) -> int:
        """Multiplications with addition for one run."""
        return sum(operator.macs for operator in self.operators)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How often each operator occurs, with its version: `CONV_2D v3`."""
        found = Counter(f"{operator.name} v{operator.version}" for operator in self.operators)
        return dict(sorted(found.items()))


def read_graph(content: bytes) -> Graph:
    """The graph of a `.tflite` file. Raises ConvertError."""
    if content[4:8] != b"TFL3":
        raise ConvertError("This is not a .tflite file: its identifier TFL3 is missing.")
    model = tflite.Model.GetRootAs(content)
    if model.SubgraphsLength() != 1:
        raise ConvertError(
            f"The model has {model.SubgraphsLength()} subgraphs (control flow). One is supported."
        )
    graph = model.Subgraphs(0)
    tensors = [_tensor(graph.Tensors(i)) for i in range(graph.TensorsLength())]

    def pick(indices: npt.NDArray[np.int32]) -> tuple[Tensor, ...]:
        return tuple(tensors[i] for i in indices.tolist() if i >= 0)

    operators = []
    for place in range(graph.OperatorsLength()):
        operator = graph.Operators(place)
        code = model.OperatorCodes(operator.OpcodeIndex())
        # files written before the list outgrew a byte have the number in the deprecated field
        name = _NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        custom = code.CustomCode()
        if custom:
            name = f"{name}:{custom.decode(errors='replace')}"
        operators.append(
            Operator(
                name,
                code.Version(),
                pick(operator.InputsAsNumpy() if operator.InputsLength() else NONE),
                pick(operator.OutputsAsNumpy() if operator.OutputsLength() else NONE),
            )
        )
    return Graph(tuple(operators), pick(graph.InputsAsNumpy()), pick(graph.OutputsAsNumpy()))


def _tensor(tensor: tflite.Tensor) -> Tensor:
    shape = tuple(tensor.ShapeAsNumpy().tolist()) if tensor.ShapeLength() else ()
    return Tensor(tensor.Name().decode(errors="replace"), shape, _TYPES[tensor.Type()])
