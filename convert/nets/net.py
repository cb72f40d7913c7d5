"""What is converted: a float network in TFLite's layout, and the steps that it goes through."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from convert.errors import ConvertError
from edge.inference.manifest import Target

Floats = npt.NDArray[np.float32]

TOLERANCE = 1e-4
"""largest difference that a float step may make, as a share of the output's largest magnitude"""


@dataclass(frozen=True)
class Step:
    """One step of the conversion, checked against the step before it."""

    name: str
    """e.g. `PyTorch → ONNX`"""
    error: float
    """largest difference from the step before, as a share of the output's largest magnitude"""


class Net(Protocol):
    """A float network on its way to a board. Feature maps are (n, H, W, C), vectors (n, values)."""

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of one sample, with a batch of 1."""

    def __call__(self, values: Floats) -> Floats:
        """The network's outputs `(n, …)` for a batch of any size."""

    def save(self, folder: Path, target: Target) -> tuple[Step, ...]:
        """Write a float SavedModel with a batch of 1 into `folder`, in operators that suit
        `target`, and say what each step cost. Raises ConvertError where a step costs more than
        TOLERANCE."""

    def save_onnx(self, path: Path) -> None:
        """Write the float network as ONNX, for other runtimes such as TensorRT."""


def checked(name: str, expected: Floats, got: Floats) -> Step:
    """The step that turned `expected` into `got`. Raises ConvertError above TOLERANCE."""
    if got.shape != expected.shape:
        raise ConvertError(
            f"The step {name} changed the output's shape from {expected.shape} to {got.shape}. "
            "Write the network so that its output is (1, n) or (1, C, H, W)."
        )
    error = relative_error(expected, got)
    if not error <= TOLERANCE:
        raise ConvertError(
            f"The step {name} changed the outputs by {error:.2g} of their size; "
            f"{TOLERANCE:.0e} is allowed. An operator was converted wrongly."
        )
    return Step(name, error)


def relative_error(expected: Floats, got: Floats) -> float:
    """Largest difference as a share of the largest magnitude of `expected`."""
    largest = max(float(np.max(np.abs(expected))), 1e-12)
    return float(np.max(np.abs(got - expected))) / largest


def in_batches(net: Net, values: Floats, size: int = 8) -> Floats:
    """The outputs `(n, …)` for inputs of any shape that fits, a few at a time: the paper's encoder
    needs some 200 MB for one window."""
    shaped = values.reshape(-1, *net.input_shape[1:])
    parts = [net(shaped[start : start + size]) for start in range(0, len(shaped), size)]
    return np.concatenate(parts)
