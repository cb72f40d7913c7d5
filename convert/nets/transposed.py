"""Transposed convolution as operators that boards run well: the arithmetic, without a graph.

Two exact forms (Dumoulin and Visin 2016, chapter 4; Shi et al. 2016, "Is the deconvolution layer
the same as a convolutional layer?"):

- sub-pixel: a convolution on the small map gives all s² phases of the large one as channels, and
  DepthToSpace puts them in their places;
- zero-stuffed: the map is enlarged with zeros between its values, then convolved with the kernel
  turned round.

Weights are in PyTorch's order: (inputs, outputs, height, width) of a transposed convolution,
(outputs, inputs, height, width) of a convolution. Output o of a row takes input i through tap
k = o + pad − s·i.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from convert.nets.net import Floats

Pair = tuple[int, int]
"""height, width"""


@dataclass(frozen=True)
class Transposed:
    """A transposed convolution of one group, without dilation, on a map of known size."""

    weights: Floats
    """`(inputs, outputs, height, width)`"""
    bias: Floats
    """`(outputs,)`"""
    stride: Pair
    begin: Pair
    """what is cut off the full output at the start of each axis: padding"""
    size: Pair
    """of the input map"""
    output: Pair
    """of the output map"""

    @property
    def kernel(self) -> Pair:
        return (self.weights.shape[2], self.weights.shape[3])


@dataclass(frozen=True)
class Convolution:
    """A convolution with stride 1."""

    weights: Floats
    """`(outputs, inputs, height, width)`"""
    bias: Floats
    pads: tuple[int, int, int, int]
    """top, left, bottom, right, none negative"""


@dataclass(frozen=True)
class _Taps:
    """One axis of the sub-pixel form: where the small kernel starts and ends around an input."""

    first: int
    last: int

    @property
    def count(self) -> int:
        return self.last - self.first + 1


def has_phases(layer: Transposed) -> bool:
    """Whether the sub-pixel form gives the output without cutting anything off."""
    (stride, other), output = layer.stride, layer.output
    return stride == other and stride > 1 and all(size % stride == 0 for size in output)


def subpixel(layer: Transposed) -> Convolution:
    """The convolution before DepthToSpace with blocks of the stride, its channels in the order
    DCR: (row of the block, column, output). Needs `has_phases`."""
    stride = layer.stride[0]
    inputs, outputs = layer.weights.shape[:2]
    rows, columns = (_taps(layer, axis) for axis in (0, 1))
    weights = np.zeros((stride, stride, outputs, inputs, rows.count, columns.count), np.float32)
    for y in range(stride):
        for x in range(stride):
            for at_y, tap_y in _phase(layer, 0, y, rows):
                for at_x, tap_x in _phase(layer, 1, x, columns):
                    weights[y, x, :, :, at_y, at_x] = layer.weights[:, :, tap_y, tap_x].T
    blocks = tuple(size // stride for size in layer.output)
    ends = tuple(
        blocks[axis] - 1 + taps.last - (layer.size[axis] - 1)
        for axis, taps in enumerate((rows, columns))
    )
    return Convolution(
        weights.reshape(stride**2 * outputs, inputs, rows.count, columns.count),
        np.tile(layer.bias, stride**2),
        (-rows.first, -columns.first, ends[0], ends[1]),
    )


def _taps(layer: Transposed, axis: int) -> _Taps:
    """What all phases reach, widened so that no padding is negative."""
    offsets = [
        offset for phase in range(layer.stride[axis]) for offset, _ in _offsets(layer, axis, phase)
    ]
    blocks = layer.output[axis] // layer.stride[axis]
    return _Taps(min([0, *offsets]), max([layer.size[axis] - blocks, 0, *offsets]))


def _offsets(layer: Transposed, axis: int, phase: int) -> list[tuple[int, int]]:
    """(input − block, tap) of one phase: output o = s·block + phase takes tap o + pad − s·i."""
    stride = layer.stride[axis]
    shifted = phase + layer.begin[axis]
    return [
        ((shifted - tap) // stride, tap)
        for tap in range(layer.kernel[axis])
        if (shifted - tap) % stride == 0
    ]


def _phase(layer: Transposed, axis: int, phase: int, taps: _Taps) -> list[tuple[int, int]]:
    """(place in the small kernel, tap of the large one)."""
    return [(offset - taps.first, tap) for offset, tap in _offsets(layer, axis, phase)]


def zero_stuffed(layer: Transposed) -> Convolution:
    """The convolution on the map that was enlarged by the stride, with zeros behind each value."""
    turned = layer.weights.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]
    starts, ends = [], []
    for axis in (0, 1):
        start = layer.kernel[axis] - 1 - layer.begin[axis]
        enlarged = layer.size[axis] * layer.stride[axis]
        end = layer.output[axis] + layer.kernel[axis] - 1 - start - enlarged
        # a negative padding cuts off what a tap of weight 0 can pass over as well
        extra = [(0, 0)] * 4
        extra[2 + axis] = (max(0, -start), max(0, -end))
        turned = np.pad(turned, extra)
        starts.append(max(0, start))
        ends.append(max(0, end))
    return Convolution(
        np.ascontiguousarray(turned), layer.bias, (starts[0], starts[1], ends[0], ends[1])
    )


def stuffing(size: Pair, stride: Pair) -> Floats:
    """`(height, width)` of the enlarged map: 1 where a value stays, 0 where it becomes zero."""
    mask = np.zeros((size[0] * stride[0], size[1] * stride[1]), np.float32)
    mask[:: stride[0], :: stride[1]] = 1
    return mask


def of_phases(convolution: Convolution, block: int, size: Pair) -> Transposed:
    """The transposed convolution that equals a convolution and DepthToSpace (DCR) after it."""
    channels, inputs, height, width = convolution.weights.shape
    outputs = channels // block**2
    phases = convolution.weights.reshape(block, block, outputs, inputs, height, width)
    # tap t of phase r is tap block·(taps − 1 − t) + r of the large kernel
    turned = phases[..., ::-1, ::-1].transpose(3, 2, 4, 0, 5, 1)
    weights = turned.reshape(inputs, outputs, height * block, width * block)
    top, left, bottom, right = convolution.pads
    return Transposed(
        weights=np.ascontiguousarray(weights),
        bias=convolution.bias[:outputs],
        stride=(block, block),
        begin=(block * (height - 1 - top), block * (width - 1 - left)),
        size=size,
        output=(
            block * (size[0] + top + bottom - height + 1),
            block * (size[1] + left + right - width + 1),
        ),
    )
