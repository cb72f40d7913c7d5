"""A network as the board runs it: stored tensors in, stored tensors out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from edge.inference.tensor import TensorNumbers

Stored = npt.NDArray[Any]
"""a tensor as the network holds it: int8, uint8, int16 or float32"""


@dataclass(frozen=True)
class TensorSpec:
    """An input or an output of a network."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    numbers: TensorNumbers
    """what its stored values mean"""


class Graph(Protocol):
    """One network, wherever it runs."""

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """In the order of the file."""

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """In the order of the file."""

    def run(self, values: Sequence[Stored]) -> list[Stored]:
        """One inference: a tensor for each input, as its spec says → one for each output, which
        belong to the caller.

        Raises BundleError when the network cannot be run.
        """

    def close(self) -> None:
        """Let go of memory, process and device. May be called twice."""
