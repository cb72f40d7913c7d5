"""What a `.tflite` file consists of: operators, tensors, and what follows from them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

DTYPES = {
    "INT8": np.int8,
    "UINT8": np.uint8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "FLOAT16": np.float16,
    "FLOAT32": np.float32,
}


@dataclass(frozen=True)
class Tensor:
    """A value in the graph."""

    name: str
    shape: tuple[int, ...]
    type: str
    """as in the schema: INT8, INT32, FLOAT32, …"""
    dynamic: bool = False
    """a dimension is only known when the model runs"""
    scales: int = 0
    """of its quantization: 1 per tensor, more per channel, 0 when it is not quantized"""
    zero_point: int = 0
    """of the first channel"""
    buffer: int = 0
    """which of the file's buffers holds its values"""
    values: npt.NDArray[np.generic] | None = field(default=None, compare=False, repr=False)
    """of a constant, with no shape; None for what is computed"""

    @property
    def constant(self) -> bool:
        return self.values is not None

    @property
    def bytes(self) -> int:
        dtype = DTYPES.get(self.type)
        return math.prod(self.shape) * np.dtype(dtype).itemsize if dtype else 0


@dataclass(frozen=True)
class Operator:
    """A step of the graph."""

    name: str
    """as in the schema: CONV_2D, …; a custom operator's own name after CUSTOM"""
    version: int
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    options: Mapping[str, int] = field(default_factory=dict)
    """those that the op gate asks for: activation, axis, …"""

    @property
    def computed(self) -> tuple[Tensor, ...]:
        """Inputs and outputs that are no constants."""
        return tuple(tensor for tensor in (*self.inputs, *self.outputs) if not tensor.constant)

    @property
    def macs(self) -> int:
        """Multiplications with addition; 0 for operators that have no weights."""
        base = self.name.partition(":")[0]
        if base == "FULLY_CONNECTED":
            return math.prod(self.inputs[1].shape)
        if base in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            return math.prod(self.inputs[1].shape) * math.prod(self.outputs[0].shape[1:3])
        if base == "TRANSPOSE_CONV":
            return math.prod(self.inputs[1].shape) * math.prod(self.inputs[2].shape[1:3])
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

    @cached_property
    def parameter_bytes(self) -> int:
        """Size of the weights and biases; what several operators share counts once."""
        return parameter_bytes(self.operators)

    @cached_property
    def activation_bytes(self) -> int:
        """Most that one operator reads and writes, constants apart."""
        sizes = (sum(tensor.bytes for tensor in step.computed) for step in self.operators)
        return max(sizes, default=0)


def parameter_bytes(operators: tuple[Operator, ...]) -> int:
    """Size of the weights and biases of some operators of one graph."""
    constants = {
        tensor.buffer: tensor.values.nbytes
        for step in operators
        for tensor in step.inputs
        # axes and shapes have no scale
        if tensor.values is not None and (tensor.scales or tensor.type.startswith("FLOAT"))
    }
    return sum(constants.values())
