"""Read a `.tflite` file, which may come from anywhere.

Reading follows offsets that the file itself holds: every length is bounded by the file's size
before anything is done that many times, and what leads outside the file is one sentence.
"""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
import numpy.typing as npt
import tflite

from convert.errors import ConvertError, ModelFileError
from convert.gate.graph_parts import DTYPES, Graph, Operator, Tensor

__all__ = ["Graph", "Operator", "Tensor", "read_graph"]

_NAMES = {
    number: name for name, number in vars(tflite.BuiltinOperator).items() if isinstance(number, int)
}
_TYPES = {
    number: name for name, number in vars(tflite.TensorType).items() if isinstance(number, int)
}
_ACTIVATION = {"activation": "FusedActivationFunction"}
_DILATIONS = {"dilation_h": "DilationHFactor", "dilation_w": "DilationWFactor"}
_OPTIONS: dict[str, tuple[Any, dict[str, str]]] = {
    "CONV_2D": (tflite.Conv2DOptions, {**_ACTIVATION, **_DILATIONS}),
    "DEPTHWISE_CONV_2D": (tflite.DepthwiseConv2DOptions, {**_ACTIVATION, **_DILATIONS}),
    "FULLY_CONNECTED": (
        tflite.FullyConnectedOptions,
        {**_ACTIVATION, "weights_format": "WeightsFormat"},
    ),
    "TRANSPOSE_CONV": (tflite.TransposeConvOptions, _ACTIVATION),
    "AVERAGE_POOL_2D": (tflite.Pool2DOptions, _ACTIVATION),
    "MAX_POOL_2D": (tflite.Pool2DOptions, _ACTIVATION),
    "CONCATENATION": (tflite.ConcatenationOptions, {**_ACTIVATION, "axis": "Axis"}),
    "PACK": (tflite.PackOptions, {"axis": "Axis"}),
    "STRIDED_SLICE": (
        tflite.StridedSliceOptions,
        {"ellipsis_mask": "EllipsisMask", "new_axis_mask": "NewAxisMask"},
    ),
}
"""what is read of the operators' options, by our name and the schema's"""

_LEAST_INPUTS = {
    "CONV_2D": 2,
    "DEPTHWISE_CONV_2D": 2,
    "FULLY_CONNECTED": 2,
    "MEAN": 2,
    "PAD": 2,
    "PRELU": 2,
    "REDUCE_MAX": 2,
    "REDUCE_MIN": 2,
    "SPLIT": 2,
    "STRIDED_SLICE": 4,
    "SUM": 2,
    "TRANSPOSE_CONV": 3,
}
"""inputs without which an operator is damaged; 1 for the others"""

MOST_RANK, MOST_INPUTS, MOST_LETTERS = 8, 1024, 4096
DAMAGED = (struct.error, IndexError, KeyError, TypeError, ValueError, AttributeError, OverflowError)
"""what following a wrong offset ends in"""


def read_graph(content: bytes) -> Graph:
    """The graph of a `.tflite` file.

    Raises ModelFileError for what is no such file or a damaged one, ConvertError for a model with
    several subgraphs.
    """
    if content[4:8] != b"TFL3":
        raise ModelFileError("This is not a .tflite file: its identifier TFL3 is missing.")
    try:
        return _Reader(content).graph()
    except DAMAGED as error:
        raise ModelFileError(
            "This .tflite file is damaged: it points to places that it does not have. "
            "Convert or copy it again."
        ) from error


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._model = tflite.Model.GetRootAs(content)

    def graph(self) -> Graph:
        count = self._model.SubgraphsLength()
        if count != 1:
            raise ConvertError(f"The model has {count} subgraphs (control flow). One is supported.")
        graph = self._model.Subgraphs(0)
        tensors = [self._tensor(graph.Tensors(i)) for i in self._range(graph.TensorsLength())]

        def pick(count: int, index: Any) -> tuple[Tensor, ...]:
            places = [index(i) for i in self._range(count, MOST_INPUTS)]
            # an optional input that is left out has the place -1
            return tuple(tensors[place] for place in places if place != -1)

        operators = tuple(
            self._operator(graph.Operators(i), pick) for i in self._range(graph.OperatorsLength())
        )
        return Graph(
            operators,
            pick(graph.InputsLength(), graph.Inputs),
            pick(graph.OutputsLength(), graph.Outputs),
        )

    def _operator(self, operator: Any, pick: Any) -> Operator:
        code = self._model.OperatorCodes(operator.OpcodeIndex())
        # files written before the list outgrew a byte have the number in the deprecated field
        base = _NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        custom = self._text(code, 6, code.CustomCode)
        step = Operator(
            f"{base}:{custom}" if custom else base,
            code.Version(),
            pick(operator.InputsLength(), operator.Inputs),
            pick(operator.OutputsLength(), operator.Outputs),
            _options(base, operator),
        )
        if len(step.inputs) < _LEAST_INPUTS.get(base, 1) or not step.outputs:
            raise IndexError(base)
        return step

    def _tensor(self, tensor: Any) -> Tensor:
        shape = tuple(tensor.Shape(i) for i in self._range(tensor.ShapeLength(), MOST_RANK))
        signature = self._range(tensor.ShapeSignatureLength(), MOST_RANK)
        kind = _TYPES[tensor.Type()]
        values = self._values(tensor.Buffer(), kind)
        if values is not None and kind in DTYPES and tensor.Sparsity() is None:
            self._fits(shape, values.size)
        quantization = tensor.Quantization()
        scales = quantization.ScaleLength() if quantization else 0
        return Tensor(
            self._text(tensor, 10, tensor.Name),
            shape,
            kind,
            min(shape, default=1) < 1 or any(tensor.ShapeSignature(i) < 1 for i in signature),
            len(self._range(scales)),
            quantization.ZeroPoint(0) if scales and quantization.ZeroPointLength() else 0,
            tensor.Buffer(),
            values,
        )

    def _values(self, place: int, kind: str) -> npt.NDArray[np.generic] | None:
        if place >= self._model.BuffersLength():
            raise IndexError(place)
        buffer = self._model.Buffers(place)
        if buffer.Size() > 1:  # a model of more than 2 GB keeps its weights behind the flatbuffer
            start, size = buffer.Offset(), buffer.Size()
            if start + size > len(self._content):
                raise IndexError(start)
            data = np.frombuffer(self._content, np.uint8, size, start)
        elif buffer.DataLength():
            data = buffer.DataAsNumpy()
        else:
            return None
        return data.view(DTYPES.get(kind, np.uint8))

    def _fits(self, shape: tuple[int, ...], count: int) -> None:
        if min(shape, default=1) < 1 or math.prod(shape) != count:
            raise ValueError(shape)

    def _range(self, count: int, most: int | None = None) -> range:
        """0…count, where the file is large enough to hold so much."""
        if count > (len(self._content) // 4 if most is None else most):
            raise IndexError(count)
        return range(count)

    def _text(self, table: Any, field: int, read: Any) -> str:
        """A string, with what could move a terminal's cursor replaced."""
        offset = table._tab.Offset(field)
        if not offset or not self._range(table._tab.VectorLen(offset), MOST_LETTERS):
            return ""
        text = read().decode(errors="replace")
        return "".join(
            letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
        )


def _options(base: str, operator: Any) -> dict[str, int]:
    table = operator.BuiltinOptions()
    if base not in _OPTIONS or table is None:
        return {}
    options, names = _OPTIONS[base][0](), _OPTIONS[base][1]
    options.Init(table.Bytes, table.Pos)
    return {name: int(getattr(options, accessor)()) for name, accessor in names.items()}
