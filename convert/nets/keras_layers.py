"""Keras layers whose TensorFlow operators boards do not run, in other operators: exact."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from convert.errors import ConvertError
from convert.nets.transposed import (
    Convolution,
    Transposed,
    has_phases,
    stuffing,
    subpixel,
    zero_stuffed,
)
from edge.inference.manifest import Target


def for_boards(layer: keras.Layer, target: Target) -> keras.Layer:
    """The layer itself, or one that computes the same for the target. Raises ConvertError."""
    last = getattr(layer, "data_format", "channels_last") == "channels_last"
    if isinstance(layer, keras.layers.UpSampling2D) and layer.interpolation == "nearest" and last:
        return Enlarge(layer.size, name=layer.name)
    if isinstance(layer, keras.layers.UpSampling1D):
        return Enlarge((1, layer.size), name=layer.name)
    if isinstance(layer, keras.layers.Conv2DTranspose):
        return TransposedConvolution(layer, target)
    if isinstance(layer, keras.layers.Conv1DTranspose | keras.layers.Conv3DTranspose):
        raise ConvertError(
            f"The layer {layer.name} is {type(layer).__name__}. Use Conv2DTranspose on a map of "
            "height 1, or upsampling and a convolution."
        )
    return layer


class Enlarge(keras.Layer):  # type: ignore[misc]
    """Nearest-neighbour upsampling by whole factors; Keras' own repeats, which becomes TILE."""

    def __init__(self, size: tuple[int, int], **options: Any) -> None:
        super().__init__(**options)
        self._factors = size

    def call(self, values: Any) -> Any:
        return enlarged(values, self._factors)

    def compute_output_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return (
            shape[0],
            *(
                n * factor
                for n, factor in zip(shape[1:-1], self._factors[-(len(shape) - 2) :], strict=True)
            ),
            shape[-1],
        )


def enlarged(values: Any, factors: tuple[int, int]) -> Any:
    """A map (n, H, W, C) or a sequence (n, T, C), each value repeated."""
    shape = tuple(values.shape)
    maps = tf.reshape(values, (shape[0], 1, *shape[1:])) if len(shape) == 3 else values
    _, height, width, channels = maps.shape
    size = (height * factors[0], width * factors[1])
    repeated = tf.raw_ops.ResizeNearestNeighbor(images=maps, size=size)
    if len(shape) == 3:
        return tf.reshape(repeated, (shape[0], size[1], channels))
    return repeated


class TransposedConvolution(keras.Layer):  # type: ignore[misc]
    """A Conv2DTranspose, with its weights and activation, in operators that the target runs."""

    def __init__(self, layer: keras.layers.Conv2DTranspose, target: Target) -> None:
        super().__init__(name=layer.name)
        if layer.data_format != "channels_last" or set(layer.dilation_rate) != {1}:
            raise ConvertError(
                f"The layer {layer.name} is dilated or has its channels first. Use channels last "
                "and no dilation."
            )
        self._layer = layer
        self._target = target
        # (height, width, outputs, inputs), read now: in a graph there are no values
        self._kernel = keras.ops.convert_to_numpy(layer.kernel)
        bias = keras.ops.convert_to_numpy(layer.bias) if layer.use_bias else None
        self._bias = np.zeros(layer.filters, np.float32) if bias is None else bias

    def call(self, values: Any) -> Any:
        transposed = self._read(tuple(values.shape))
        if self._target != "coral" and has_phases(transposed):
            block = transposed.stride[0]
            outputs = tf.nn.depth_to_space(_convolved(values, subpixel(transposed)), block)
        else:
            if transposed.stride != (1, 1):
                mask = stuffing(transposed.size, transposed.stride)[None, :, :, None]
                masks = np.tile(mask, (1, 1, 1, values.shape[-1]))
                values = enlarged(values, transposed.stride) * masks
            outputs = _convolved(values, zero_stuffed(transposed))
        return self._layer.activation(outputs)

    def compute_output_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(self._layer.compute_output_shape(shape))

    def _read(self, shape: tuple[int, ...]) -> Transposed:
        """Keras' `same` cuts off as much at the start as at the end, or one less at the start."""
        layer = self._layer
        output = layer.compute_output_shape(shape)[1:3]
        begin = [0, 0]
        if layer.padding == "same":
            for axis in (0, 1):
                full = (shape[1 + axis] - 1) * layer.strides[axis] + layer.kernel_size[axis]
                begin[axis] = max(full - output[axis], 0) // 2
        return Transposed(
            weights=np.ascontiguousarray(self._kernel.transpose(3, 2, 0, 1)),
            bias=self._bias,
            stride=(layer.strides[0], layer.strides[1]),
            begin=(begin[0], begin[1]),
            size=(shape[1], shape[2]),
            output=(output[0], output[1]),
        )


def _convolved(values: Any, convolution: Convolution) -> Any:
    top, left, bottom, right = convolution.pads
    kernel = np.ascontiguousarray(convolution.weights.transpose(2, 3, 1, 0))
    pads = [[0, 0], [top, bottom], [left, right], [0, 0]]
    return tf.nn.conv2d(values, kernel, 1, pads) + convolution.bias
