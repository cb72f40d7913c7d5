"""The order of a feature map's axes: (n, C, H, W) in PyTorch and ONNX, (n, H, W, C) in TFLite."""

from __future__ import annotations

import numpy as np

from convert.nets.net import Floats


def channels_last(values: Floats) -> Floats:
    """(n, C, H, W) → (n, H, W, C); anything else as it is."""
    return np.ascontiguousarray(values.transpose(0, 2, 3, 1)) if values.ndim == 4 else values


def channels_first(values: Floats) -> Floats:
    """(n, H, W, C) → (n, C, H, W); anything else as it is."""
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2)) if values.ndim == 4 else values


def shape_last(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of `channels_last`."""
    return (shape[0], shape[2], shape[3], shape[1]) if len(shape) == 4 else shape
