"""Between real numbers and the numbers that a tensor stores.

Jacob et al. 2018: real = scale · (stored − zero point), with one scale for the whole tensor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from edge.errors import BundleError

INTEGERS = (np.int8, np.uint8, np.int16)


class TensorNumbers(Protocol):
    """How a tensor stores real numbers."""

    @property
    def scale(self) -> float:
        """Distance of neighbouring numbers; 0 where they are stored as they are."""

    def stored(self, real: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
        """Real numbers as the tensor takes them."""

    def real(self, stored: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """What the tensor holds, as real numbers."""


class Float32:
    """Real numbers as they are."""

    scale = 0.0

    def stored(self, real: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
        return np.asarray(real, np.float32)

    def real(self, stored: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        return np.asarray(stored, np.float32)


@dataclass(frozen=True)
class Quantized:
    """Integers with a scale and a zero point."""

    dtype: type[np.integer[Any]]
    scale: float
    zero_point: int

    def stored(self, real: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
        limits = np.iinfo(self.dtype)
        steps = np.round(real / self.scale) + self.zero_point
        return np.clip(steps, limits.min, limits.max).astype(self.dtype)

    def real(self, stored: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        return (stored.astype(np.float32) - np.float32(self.zero_point)) * np.float32(self.scale)


def tensor_numbers(detail: Mapping[str, Any], subject: str) -> TensorNumbers:
    """How the tensor of these TFLite details stores numbers.

    Raises BundleError, which begins with `subject`, when this program cannot know.
    """
    dtype = detail["dtype"]
    if dtype == np.float32:
        return Float32()
    if dtype not in INTEGERS:
        raise BundleError(
            f"{subject} holds {np.dtype(dtype).name}; int8, uint8, int16 or float32 is wanted. "
            "Convert the model again."
        )
    scales = detail["quantization_parameters"]["scales"]
    zero_points = detail["quantization_parameters"]["zero_points"]
    if len(scales) != 1 or len(zero_points) != 1 or not np.isfinite(scales[0]) or not scales[0] > 0:
        raise BundleError(
            f"{subject} is {np.dtype(dtype).name} without one scale for all of it. "
            "Convert the model again with quantization per tensor there."
        )
    return Quantized(dtype, float(scales[0]), int(zero_points[0]))
