"""Look at an ONNX file before anything loads it: is it one, and where does it keep its weights?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from convert.errors import CheckpointError


def check_onnx(path: Path) -> None:
    """Raises CheckpointError when the file is no ONNX graph, or takes weights from elsewhere."""
    try:
        model = onnx.load(path, load_external_data=False)
    except (DecodeError, OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} is no ONNX file, or is cut off: {error}. Copy or export it again."
        ) from error
    if not model.ir_version or not model.graph.node:
        raise CheckpointError(f"{path} is no ONNX file: it has no graph.")
    folder = path.resolve().parent
    for tensor in _tensors(model.graph):
        if tensor.data_location != onnx.TensorProto.EXTERNAL:
            continue
        location = next((e.value for e in tensor.external_data if e.key == "location"), "")
        target = (folder / location).resolve()
        if not location or folder not in target.parents:
            raise CheckpointError(
                f"{path} takes the weights {tensor.name} from '{location}', outside its folder. "
                "Save the model as one file."
            )
        if not target.is_file():
            raise CheckpointError(f"{path} keeps its weights in {location}, which is not there.")


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            yield attribute.t
            yield from attribute.tensors
            for inner in (attribute.g, *attribute.graphs):
                yield from _tensors(inner)
