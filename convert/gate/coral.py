"""What the Edge TPU's published requirements say beyond operators and versions, and its memory.

Sources: coral.ai/docs/edgetpu/models-intro ("Model requirements" and the limitations of the
"Supported operations") and coral.ai/docs/edgetpu/compiler ("Parameter data caching",
"Co-compiling multiple models").
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from convert.gate.graph import Graph, Operator, Tensor

ON_CHIP = 8 * 2**20
"""bytes: "roughly 8 MB of SRAM", of which the compiled program takes some first"""
SURELY = 6 * 2**20
"""bytes: compilers' logs show from 6.0 to 8.0 MiB for weights, by what the program takes
(google-coral/edgetpu issues 147, 211, 512)"""
MOST_SOFTMAX = 16000
WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
NOT_FUSED = ("AVERAGE_POOL_2D", "MAX_POOL_2D", "CONCATENATION")
REDUCTIONS = ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN")


@dataclass(frozen=True)
class Memory:
    """Where a model's weights are while it runs: an estimate, before compiling."""

    parameters: int
    """bytes of weights and biases"""
    cached: int
    """bytes that find room on the chip"""
    certain: bool
    """whether `cached` holds even for a program that takes 2 MiB of the chip"""

    @property
    def streamed(self) -> int:
        """Bytes that the host sends at every run."""
        return self.parameters - self.cached


def share_memory(graphs: Sequence[Graph]) -> tuple[Memory, ...]:
    """The memory of models that are compiled together: the first one is served first."""
    found, used = [], 0
    for graph in graphs:
        need = graph.parameter_bytes
        cached = min(need, max(ON_CHIP - used, 0))
        used += need
        found.append(Memory(need, cached, used <= SURELY))
    return tuple(found)


def limits(operator: Operator) -> Iterator[str]:
    """What the published requirements forbid of an operator that is on the list, as sentences."""
    name = operator.name
    yield from _tensors(operator)
    if name in WEIGHTED and not all(tensor.constant for tensor in operator.inputs[1:3]):
        yield f"{name} has weights or a bias that are computed: they must be constants."
    if name in NOT_FUSED and operator.options.get("activation"):
        yield f"{name} has a fused activation. Make the activation an operator of its own."
    if operator.options.get("dilation_h", 1) != operator.options.get("dilation_w", 1):
        yield f"{name} is dilated differently in height and width: the two must be the same."
    if name == "FULLY_CONNECTED":
        yield from _dense(operator)
    if name == "TRANSPOSE_CONV" and operator.inputs[1].scales > 1:
        # On the list, and mapped with one scale (google-coral/edgetpu issue 686). Nothing is
        # published of compilers that take one scale per channel, which TensorFlow now writes.
        yield (
            f"TRANSPOSE_CONV has per-channel quantized weights ({operator.inputs[1].scales} "
            "scales), which the compiler is not known to take. Use nearest-neighbour resizing "
            "and a convolution."
        )
    if name == "CONCATENATION":
        yield from _concatenation(operator)
    if name in REDUCTIONS:
        yield from _reduction(operator)
    if name == "PACK" and operator.options.get("axis") == 0:
        yield "PACK works on the batch dimension: only the others are supported."
    if name == "SPLIT" and 0 in _values(operator.inputs[0]):
        yield "SPLIT works on the batch dimension: only the others are supported."
    if name == "PAD" and any(_values(operator.inputs[1])[:2]):
        yield "PAD works on the batch dimension: only the others are supported."
    if name == "PRELU" and math.prod(operator.inputs[1].shape[:-1]) != 1:
        yield "PRELU has more than one slope per channel. Share the slopes over the map."
    if name == "SOFTMAX" and not _is_vector(operator.inputs[0], MOST_SOFTMAX):
        yield f"SOFTMAX takes more than one row, or more than {MOST_SOFTMAX:,} values."
    if name == "STRIDED_SLICE":
        masks = operator.options.get("ellipsis_mask") or operator.options.get("new_axis_mask")
        if masks or any(stride != 1 for stride in _values(operator.inputs[3])):
            yield "STRIDED_SLICE has a stride other than 1, an ellipsis or a new axis."


def caveats(graph: Graph) -> Iterator[str]:
    """What the compiler may still leave to the CPU, by sizes that are not published."""
    resizers = {step.name for step in graph.operators if step.name.startswith("RESIZE_")}
    for name in sorted(resizers):
        yield f"{name}: depending on its sizes the compiler may leave it to the CPU."
    if graph.activation_bytes > ON_CHIP:
        yield (
            f"One operator reads and writes {_mib(graph.activation_bytes)}, more than the chip "
            'has: compilers stop at "large activation tensors" (google-coral/edgetpu issue 439).'
        )


def memory_note(memory: Memory, together: bool) -> str:
    """The memory of a model in words; `together`: after the models that were named before it."""
    where = "what earlier models leave of the Edge TPU's 8 MiB" if together else "the chip's 8 MiB"
    need = f"The weights need {_mib(memory.parameters)}"
    if memory.streamed:
        return (
            f"{need}: about {_mib(memory.streamed)} do not fit {where} and come from the host "
            "at every run."
        )
    if not memory.certain:
        return f"{need}: they fit {where} if the program leaves enough; only the compiler knows."
    return f"{need} and fit {where}."


def _tensors(operator: Operator) -> Iterator[str]:
    """Only the three innermost dimensions may have a size greater than 1."""
    for tensor in operator.computed:
        if math.prod(tensor.shape[:-3]) != 1:
            yield (
                f"{operator.name} has a tensor of shape {tensor.shape}: only the three innermost "
                "dimensions may be larger than 1."
            )
            return


def _dense(operator: Operator) -> Iterator[str]:
    scales = operator.inputs[1].scales
    if scales > 1:
        # TensorFlow does so since 2.16; the compiler is of 2021
        yield (
            f"FULLY_CONNECTED has per-channel quantized weights ({scales} scales). Convert with "
            "_experimental_disable_per_channel_quantization_for_dense_layers."
        )
    if operator.options.get("weights_format"):
        yield "FULLY_CONNECTED has shuffled weights: only the default format is supported."
    if math.prod(operator.outputs[0].shape[:-1]) != 1:
        yield (
            f"FULLY_CONNECTED has an output of shape {operator.outputs[0].shape}: it must be one "
            "row. Use a 1×1 convolution."
        )


def _concatenation(operator: Operator) -> Iterator[str]:
    constants = [tensor for tensor in operator.inputs if tensor.constant]
    zeros = all(np.all(tensor.values == tensor.zero_point) for tensor in constants)
    if constants and (len(operator.inputs) != 2 or not zeros):
        yield (
            "CONCATENATION has a constant input: that is supported for two inputs, of which the "
            "constant one is all zeros."
        )


def _reduction(operator: Operator) -> Iterator[str]:
    shape = operator.inputs[0].shape
    axes = {axis % max(len(shape), 1) for axis in _values(operator.inputs[1])}
    if 0 in axes:
        yield f"{operator.name} works on the batch dimension: only the others are supported."
    last = len(shape) - 1
    if operator.name == "MEAN" and last > 0 and last in axes and shape[last] % 4:
        yield f"MEAN over {shape[last]} channels: their number must be a multiple of 4."


def _is_vector(tensor: Tensor, most: int) -> bool:
    return math.prod(tensor.shape[:-1]) == 1 and math.prod(tensor.shape) <= most


def _values(tensor: Tensor) -> list[int]:
    """What a constant holds, in rows; nothing for what is computed."""
    return [] if tensor.values is None else tensor.values.tolist()


def _mib(size: int) -> str:
    return f"{size / 2**20:.2f} MiB"
