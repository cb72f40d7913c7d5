"""The `.npy` files of a bundle, read without trusting them."""

from __future__ import annotations

import io
import math
import tokenize
from typing import Any

import numpy as np
import numpy.typing as npt

from edge.errors import BundleError

Floats = npt.NDArray[np.float32]

_FORMAT: Any = np.lib.format  # without types in NumPy 1

_DAMAGES = (
    ValueError,
    TypeError,
    KeyError,
    EOFError,
    OSError,
    OverflowError,
    SyntaxError,
    RecursionError,
    MemoryError,
    tokenize.TokenError,
)
"""what NumPy raises for a header that is none: it reads it as Python"""


def parse_array(data: bytes, name: str) -> Floats:
    """The array in the `.npy` file, read-only. Raises BundleError that begins with its name.

    Nothing is set aside for an array before its values are known to be there.
    """
    file = io.BytesIO(data)
    try:
        if _FORMAT.read_magic(file) == (1, 0):
            shape, by_columns, dtype = _FORMAT.read_array_header_1_0(file)
        else:
            shape, by_columns, dtype = _FORMAT.read_array_header_2_0(file)
        if dtype != np.float32 or by_columns:
            raise ValueError(f"it holds {dtype}; float32, stored by rows, is wanted")
        if math.prod(shape) * 4 != len(data) - file.tell():
            raise ValueError(f"its shape is {shape}, which its values do not fill")
        values = np.frombuffer(data, np.float32, offset=file.tell())
        return np.asarray(values.reshape(shape))
    except _DAMAGES as error:
        raise BundleError(
            f"The bundle's {name} is not a NumPy array of float32: {error}."
        ) from error


def require_shape(array: Floats, shape: tuple[int, ...], name: str) -> None:
    """Raises BundleError when the array has another shape or values that are not numbers."""
    if array.shape != shape or not np.all(np.isfinite(array)):
        raise BundleError(
            f"The bundle's {name} has the shape {array.shape} or values that are not numbers; "
            f"{shape} is wanted. Convert the model again."
        )
