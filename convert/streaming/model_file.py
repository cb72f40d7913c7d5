"""A `.tflite` file taken apart, to be changed and written again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import numpy.typing as npt

from convert.errors import ConvertError

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

_ALIGNMENT = 16
"""bytes: the schema asks for it, and interpreters read weights where they lie"""


class ModelFile:
    """The tables of a file with one subgraph, as objects that may be changed.

    Operators and tensors are those of TensorFlow's schema (`OperatorT`, `TensorT`).
    """

    def __init__(self, content: bytes) -> None:
        from tensorflow.lite.python import schema_py_generated as schema

        self._schema = schema
        self._names = {
            number: name
            for name, number in vars(schema.BuiltinOperator).items()
            if isinstance(number, int)
        }
        self._model = schema.ModelT.InitFromPackedBuf(content, 0)
        if len(self._model.subgraphs) != 1:
            raise ConvertError("The trunk has control flow; a stream needs one plain graph.")
        # a signature names the inputs, and there will be others
        self._model.signatureDefs = []
        self.graph: Any = self._model.subgraphs[0]

    def name(self, operator: Any) -> str:
        """CONV_2D, …"""
        code = self._model.operatorCodes[operator.opcodeIndex]
        return self._names[max(code.builtinCode, code.deprecatedBuiltinCode)]

    def shape(self, tensor: int) -> list[int]:
        shape = self.graph.tensors[tensor].shape
        return [] if shape is None else [int(n) for n in shape]

    def is_integer(self, tensor: int) -> bool:
        """Whether the tensor holds int8; float32 is the other kind that is rewritten."""
        kind, types = self.graph.tensors[tensor].type, self._schema.TensorType
        if kind not in (types.INT8, types.FLOAT32):
            raise ConvertError(
                "Streaming takes trunks in int8 or float32. Leave [quantization] scheme at int8."
            )
        return bool(kind == types.INT8)

    def constant(self, tensor: int) -> npt.NDArray[np.int32] | None:
        """Values of a constant of int32, such as axes and paddings; None for what is computed."""
        data = self._model.buffers[self.graph.tensors[tensor].buffer].data
        if data is None or len(data) == 0:
            return None
        values = np.frombuffer(np.asarray(data, np.uint8).tobytes(), np.int32)
        return values.reshape(self.shape(tensor))

    def is_constant(self, tensor: int) -> bool:
        data = self._model.buffers[self.graph.tensors[tensor].buffer].data
        return data is not None and len(data) > 0

    def add_constant(self, values: Sequence[int] | npt.NDArray[np.int32], name: str) -> int:
        """A tensor of int32."""
        array = np.asarray(values, np.int32)
        buffer = self._schema.BufferT()
        buffer.data = np.frombuffer(array.tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        tensor = self._schema.TensorT()
        tensor.shape, tensor.type = list(array.shape), self._schema.TensorType.INT32
        tensor.buffer, tensor.name = len(self._model.buffers) - 1, name
        tensor.hasRank = True
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def add_like(self, tensor: int, shape: Sequence[int], name: str) -> int:
        """A computed tensor of the same type and quantization."""
        made = deepcopy(self.graph.tensors[tensor])
        made.shape, made.shapeSignature = list(shape), None
        made.buffer, made.name = 0, name
        self.graph.tensors.append(made)
        return len(self.graph.tensors) - 1

    def operator(
        self, name: str, version: int, inputs: Sequence[int], output: int, **options: int
    ) -> Any:
        """An operator that is not in the graph yet."""
        made = self._schema.OperatorT()
        made.opcodeIndex = self._code(name, version)
        made.inputs, made.outputs = list(inputs), [output]
        kind = "".join(part.capitalize() for part in name.split("_")) + "Options"
        made.builtinOptionsType = getattr(self._schema.BuiltinOptions, kind)
        made.builtinOptions = getattr(self._schema, f"{kind}T")()
        for option, value in options.items():
            setattr(made.builtinOptions, option, value)
        return made

    def written(self) -> bytes:
        """The file."""
        import flatbuffers  # type: ignore[import-untyped]

        class Aligned(flatbuffers.Builder):  # type: ignore[misc]
            def CreateNumpyVector(self, x: Any) -> Any:  # noqa: N802
                self.StartVector(x.itemsize, x.size, max(x.dtype.alignment, _ALIGNMENT))
                payload = x.tobytes()
                self.head -= len(payload)
                self.Bytes[self.head : self.head + len(payload)] = payload
                self.vectorNumElems = x.size
                return self.EndVector()

        self._drop_unused()
        builder = Aligned(1024)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _drop_unused(self) -> None:
        """Tensors that nothing reads or writes any more, and their values."""
        graph = self.graph
        used = set(graph.inputs) | set(graph.outputs)
        for operator in graph.operators:
            used |= {place for place in (*operator.inputs, *operator.outputs) if place >= 0}
        places = {old: new for new, old in enumerate(sorted(int(place) for place in used))}
        for operator in graph.operators:
            operator.inputs = [places.get(int(place), -1) for place in operator.inputs]
            operator.outputs = [places[int(place)] for place in operator.outputs]
        graph.inputs = [places[int(place)] for place in graph.inputs]
        graph.outputs = [places[int(place)] for place in graph.outputs]
        graph.tensors = [graph.tensors[old] for old in places]
        kept = {tensor.buffer for tensor in graph.tensors}
        kept |= {entry.buffer for entry in self._model.metadata or []}
        for place, buffer in enumerate(self._model.buffers):
            if place not in kept:
                buffer.data = None

    def _code(self, name: str, version: int) -> int:
        number = getattr(self._schema.BuiltinOperator, name)
        for place, code in enumerate(self._model.operatorCodes):
            known = max(code.builtinCode, code.deprecatedBuiltinCode)
            if (known, code.version) == (number, version):
                return place
        code = self._schema.OperatorCodeT()
        code.builtinCode = number
        code.deprecatedBuiltinCode = min(number, 127)
        code.version = version
        self._model.operatorCodes.append(code)
        return len(self._model.operatorCodes) - 1
