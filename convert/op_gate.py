"""What may be in a model for a board, and why the rest may not.

The gate reads the file itself: a converter that falls back to float, or adds a transpose, still
says that it succeeded.
"""

from __future__ import annotations

from dataclasses import dataclass

from convert.errors import ConvertError
from convert.graph import Graph, Operator, read_graph

VERSIONS = {
    "ADD": 2,
    "AVERAGE_POOL_2D": 2,
    "CONCATENATION": 2,
    "CONV_2D": 3,
    "DEPTHWISE_CONV_2D": 3,
    "DEPTH_TO_SPACE": 2,
    "FULLY_CONNECTED": 4,
    "LOGISTIC": 2,
    "MAX_POOL_2D": 2,
    "MEAN": 2,
    "MUL": 2,
    "PAD": 2,
    "RELU": 2,
    "RELU6": 2,
    "RESHAPE": 1,
    "RESIZE_BILINEAR": 3,
    "RESIZE_NEAREST_NEIGHBOR": 3,
    "SOFTMAX": 2,
    "SUB": 3,
    "TANH": 2,
}
"""int8 operators with the newest version that tflite-runtime 2.14 and the boards' delegates run"""

REASONS = {
    "TRANSPOSE": "a change of layout costs time at every run and stops delegates. "
    "Permute the weights before it instead",
    "QUANTIZE": "a change of scale inside the model costs accuracy and time. "
    "Use int8 input and output, and the same scale on both sides",
    "DEQUANTIZE": "part of the model runs in float. Every operator must have an int8 form",
    "TILE": "an upsampling was written as TILE. Use nearest-neighbour resizing",
    "SHAPE": "a shape is computed at every run. Give the network a static batch of 1",
    "STRIDED_SLICE": "a shape is computed at every run. Give the network a static batch of 1",
    "PACK": "a shape is computed at every run. Give the network a static batch of 1",
    "TRANSPOSE_CONV": "accelerators may refuse it. Use resizing and a convolution",
}

WEIGHT_TYPES = ("INT8", "INT32", "INT64")
"""int8 values, int32 biases and shapes"""


@dataclass(frozen=True)
class Report:
    """What the gate found."""

    graph: Graph
    refusals: tuple[str, ...]
    """whole sentences; empty when the model passes"""

    @property
    def passed(self) -> bool:
        return not self.refusals


def inspect(content: bytes) -> Report:
    """Look through a `.tflite` file. Raises ConvertError if it cannot be read."""
    graph = read_graph(content)
    refusals = [
        f"{place} {tensor.name} is {tensor.type}, not INT8: values would be converted at every run."
        for place, tensors in (("Input", graph.inputs), ("Output", graph.outputs))
        for tensor in tensors
        if tensor.type != "INT8"
    ]
    for operator in graph.operators:
        refusals += _refusals(operator)
    return Report(graph, tuple(dict.fromkeys(refusals)))


def require(content: bytes, name: str) -> Graph:
    """The graph of a model that passes. Raises ConvertError with every reason otherwise."""
    report = inspect(content)
    if not report.passed:
        raise ConvertError(f"The {name} does not pass the op gate. " + " ".join(report.refusals))
    return report.graph


def _refusals(operator: Operator) -> list[str]:
    base, _, custom = operator.name.partition(":")
    if custom.startswith("Flex"):
        return [f"{custom} is a TensorFlow operator: no board's runtime has it."]
    if base == "CUSTOM":
        return [f"{custom} is a custom operator: only the program that made the file has it."]
    if base not in VERSIONS:
        reason = REASONS.get(base, "it is not among the int8 operators that boards run")
        return [f"{base} is refused: {reason}."]
    found = []
    if operator.version > VERSIONS[base]:
        grouped = " Use a full or a depthwise convolution, not a grouped one."
        found.append(
            f"{base} has version {operator.version}; boards run up to {VERSIONS[base]}."
            + (grouped if base == "CONV_2D" else "")
        )
    types = {tensor.type for tensor in (*operator.inputs, *operator.outputs)}
    for kind in sorted(types - set(WEIGHT_TYPES)):
        found.append(f"{base} has a {kind} tensor: it was not quantized to int8.")
    return found
