"""A known answer, to tell an accelerator that works from one that only answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.inference.graph import Graph, Stored, TensorSpec
from edge.inference.tensor import Quantized

STEPS, SHARE = 4.0, 0.05
"""what the root mean square may be off: steps of the output's scale, or a share of the answer's
own; kernels round differently, a broken one is off by far more"""
OTHER_FILE_SHARE = 0.5
"""the same between two files of a network, quantized apart"""


@dataclass(frozen=True)
class Golden:
    """An input of a graph, and what the CPU gives for it."""

    inputs: tuple[Stored, ...]
    outputs: tuple[Stored, ...]
    specs: tuple[TensorSpec, ...]
    """of the outputs"""

    def trouble(
        self, given: Sequence[Stored], specs: Sequence[TensorSpec], share: float = SHARE
    ) -> str:
        """What is wrong with another answer to the same input, as a clause; empty if nothing is."""
        for expected, ours, other, theirs in zip(
            self.outputs, self.specs, given, specs, strict=True
        ):
            right = ours.numbers.real(expected)
            got = theirs.numbers.real(other)
            if not np.all(np.isfinite(got)):
                return "it gives values that are not numbers"
            off = float(np.sqrt(np.mean((right - got) ** 2)))
            own = float(np.sqrt(np.mean(right**2)))
            if not off <= max(STEPS * ours.numbers.scale, share * own):
                return f"it gives wrong numbers (off by {off:.3g}, where {own:.3g} is usual)"
        return ""


def golden(graph: Graph, first: Stored | None = None) -> Golden:
    """What a graph on the CPU gives for `first` (or chance) as its first input; other inputs, the
    state of a stream, are random too."""
    random = np.random.default_rng(0)
    inputs = [_chance(spec, random) for spec in graph.inputs]
    if first is not None:
        inputs[0] = first
    return Golden(tuple(inputs), tuple(graph.run(inputs)), graph.outputs)


def _chance(spec: TensorSpec, random: np.random.Generator) -> Stored:
    """Values in the middle of a tensor's range."""
    values = random.normal(size=spec.shape).astype(np.float32)
    if isinstance(spec.numbers, Quantized):
        limits = np.iinfo(spec.numbers.dtype)
        spread = (int(limits.max) - int(limits.min)) / 8 * spec.numbers.scale
        values = values * np.float32(spread)
    return spec.numbers.stored(values)
