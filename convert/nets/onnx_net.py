"""An ONNX graph as a network that can be converted."""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import cached_property
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from convert.errors import ConvertError
from convert.nets.axes import shape_last
from convert.nets.lowering import lower
from convert.nets.net import Floats, Step, checked
from convert.nets.onnx_session import Session, merge
from convert.nets.probes import probes
from convert.nets.static_graph import make_static, plain_ends
from edge.inference.manifest import Target


class OnnxNet:
    """A graph with one float32 input: (1, n), (1, C, T), (1, C, H, W), or channels last.

    A map is (n, H, W, C) here, whichever the graph has; a sequence is a map of height 1,
    (n, 1, T, C). A batch that is not fixed becomes 1. `output` names one of several outputs.
    Raises ConvertError for another dimension that is not fixed, and for more than one input.
    """

    def __init__(self, model: onnx.ModelProto | Path, output: str | None = None) -> None:
        # on disk: the weights are needed now and then, and may have hundreds of megabytes
        self._folder = tempfile.TemporaryDirectory(prefix="s2f-onnx-")
        folder = Path(self._folder.name)
        self._static = folder / "static.onnx"
        self._given = folder / "given.onnx"
        if isinstance(model, Path):
            self._given = model
            model = _load(model)
        else:
            onnx.save(model, os.fspath(self._given))
            model = _load(self._given)
        self._output = output
        make_static(model, output)
        onnx.save(model, os.fspath(self._static))
        merge(self._static)
        model = onnx.load(self._static)
        self._ends = plain_ends(model)
        onnx.save(model, os.fspath(self._static))
        shape = tuple(d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim)
        self._sequence = len(shape) == 3
        self._shape = (*shape[:2], 1, shape[2]) if self._sequence else shape

    @property
    def input_shape(self) -> tuple[int, ...]:
        return shape_last(self._shape)

    @property
    def turned(self) -> bool:
        """Whether the graph declares a sequence (1, C, T), which is (1, 1, T, C) here."""
        return self._sequence and not self._ends.input_last

    @cached_property
    def _session(self) -> Session:
        return Session(self._given, self._output, self._ends)

    def __call__(self, values: Floats) -> Floats:
        return self._session(values)

    def save(self, folder: Path, target: Target) -> tuple[Step, ...]:
        inputs = probes(self.input_shape)
        expected = self(inputs)
        with tempfile.TemporaryDirectory(prefix="s2f-onnx-") as scratch:
            graph = Path(scratch) / "network.onnx"
            shutil.copyfile(self._static, graph)
            got = Session(graph)(inputs)
            first = checked("ONNX with a static shape", expected, got)
            return (first, *lower(graph, inputs, got, folder, target))

    def save_onnx(self, path: Path) -> None:
        shutil.copyfile(self._static, path)


def _load(path: Path) -> onnx.ModelProto:
    try:
        return onnx.load(path)
    except (DecodeError, OSError, ValueError) as error:
        raise ConvertError(f"{path} cannot be read as ONNX: {error}.") from error
