"""What may be in a model for a board, and why the rest may not.

The gate reads the file itself: a converter that falls back to float, or adds a transpose, still
says that it succeeded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from convert.errors import ConvertError
from convert.gate import coral
from convert.gate.graph import Graph, Operator, read_graph
from convert.gate.targets import GPU, NEWER, REASONS, RULES, WIDE, XNNPACK, Rules
from edge.inference.manifest import Target

CONSTANT_TYPES = ("INT8", "INT32", "INT64")
"""int8 weights; biases, axes and shapes"""
SHAPE_TYPES = ("INT32", "INT64")
WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")
CLAMPS = (0, 1, 2, 3)
"""fused activations that XNNPACK takes: NONE, RELU, RELU_N1_TO_1, RELU6"""
STATIC = "Give the network a static batch of 1."


@dataclass(frozen=True)
class Report:
    """What the gate found."""

    graph: Graph
    refusals: tuple[str, ...]
    """whole sentences; empty when the model passes"""
    notes: tuple[str, ...] = ()
    """whole sentences on what costs time, or may; nothing that refuses the model"""
    target: Target = "cpu"

    @property
    def passed(self) -> bool:
        return not self.refusals


def inspect(content: bytes, target: Target = "cpu") -> Report:
    """Look through a `.tflite` file. Raises ConvertError if it cannot be read."""
    graph, rules = read_graph(content), RULES[target]
    refusals = [*_ends(graph, rules)]
    notes: list[str] = []
    for operator in graph.operators:
        found = [*_refusals(operator, rules)]
        if not found and target == "coral":
            found += coral.limits(operator)
        if not found and target == "jetson":
            found += _xnnpack(operator)
            notes += _beside(operator)
        if not found and operator.name == "QUANTIZE":
            notes.append(
                "QUANTIZE changes the scale between two operators: a pass over the values."
            )
        refusals += found
    if target == "coral":
        notes += coral.caveats(graph)
    return Report(graph, tuple(dict.fromkeys(refusals)), tuple(dict.fromkeys(notes)), target)


def require(content: bytes, name: str, target: Target = "cpu") -> Graph:
    """The graph of a model that passes. Raises ConvertError with every reason otherwise."""
    report = inspect(content, target)
    if not report.passed:
        where = "" if target == "cpu" else f" for {target}"
        raise ConvertError(
            f"The {name} does not pass the op gate{where}. " + " ".join(report.refusals)
        )
    return report.graph


def _ends(graph: Graph, rules: Rules) -> Iterator[str]:
    """Inputs and outputs of the model."""
    wanted = " or ".join(rules.activations)
    for place, tensors in (("Input", graph.inputs), ("Output", graph.outputs)):
        for tensor in tensors:
            if tensor.type not in rules.activations:
                yield (
                    f"{place} {tensor.name} is {tensor.type}, not {wanted}: values would be "
                    "converted at every run."
                )
    if not (graph.operators and graph.inputs and graph.outputs):
        yield "The model has no operators, no inputs or no outputs."


def _refusals(operator: Operator, rules: Rules) -> Iterator[str]:
    """What every target asks for: a known operator, not too new, integers, static shapes."""
    base, _, custom = operator.name.partition(":")
    if custom.startswith("Flex"):
        yield f"{custom} is a TensorFlow operator: no board's runtime has it."
        return
    if base == "CUSTOM":
        yield f"{custom} is a custom operator: only the program that made the file has it."
        return
    if base not in rules.versions:
        reason = REASONS.get(base, "it is not among the int8 operators that the target runs")
        yield f"{base} is refused: {reason}."
        return
    newest = rules.versions[base]
    if operator.version > newest:
        fix = f" {NEWER[base]}." if base in NEWER else ""
        yield f"{base} has version {operator.version}; the target takes up to {newest}.{fix}"
    yield from _types(operator, rules)
    if any(tensor.dynamic for tensor in operator.computed):
        yield f"{base} has a shape that is only known at run time. {STATIC}"


def _types(operator: Operator, rules: Rules) -> Iterator[str]:
    name = operator.name
    types = {tensor.type for tensor in operator.computed}
    if types & set(SHAPE_TYPES):
        yield f"{name} takes or gives a shape that is computed at every run. {STATIC}"
    constants = {tensor.type for tensor in operator.inputs if tensor.constant}
    allowed = {*rules.activations, *CONSTANT_TYPES}
    for kind in sorted((types | constants) - allowed):
        if kind == "INT16":
            yield f"{name} has an INT16 tensor: the 16x8 scheme is for the cpu target alone."
        else:
            yield f"{name} has a {kind} tensor: it was not quantized to int8."
    if "INT16" in types & allowed and name not in WIDE:
        yield f"{name} has no form with int16 activations. Quantize this model to int8."
    if {"INT8", "INT16"} <= types and name != "QUANTIZE":
        yield f"{name} mixes int8 and int16 activations. A QUANTIZE must lie between the two."


def _xnnpack(operator: Operator) -> Iterator[str]:
    """What XNNPACK asks of the operators that do nearly all the arithmetic."""
    name = operator.name
    if name not in WEIGHTED:
        return
    values_at = 2 if name == "TRANSPOSE_CONV" else 0
    weights = [tensor for at, tensor in enumerate(operator.inputs) if at != values_at]
    if not all(tensor.constant for tensor in weights):
        yield f"{name} has weights or a bias that are computed: XNNPACK takes constants."
    if name.endswith("CONV_2D") and len(operator.inputs) < 3:
        yield f"{name} has no bias: XNNPACK asks for one. Give the convolution a bias of zeros."
    if operator.options.get("activation", 0) not in CLAMPS:
        yield f"{name} has a fused activation that XNNPACK does not take. Use ReLU, or none."


def _beside(operator: Operator) -> Iterator[str]:
    """Operators without weights may run beside XNNPACK: they cost time, not much arithmetic."""
    if operator.name not in XNNPACK:
        yield (
            f"{operator.name} is not taken by XNNPACK in int8: TensorFlow Lite's own int8 kernel "
            "runs it, between two parts of the graph."
        )
    if operator.name not in GPU:
        yield f"{operator.name} is not on the GPU delegate's list: with it, the CPU would run it."
