"""Open a Keras model with its architecture, without running code that it brings along."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from convert.errors import CheckpointError, ConvertError
from convert.quiet import quiet

SIGNATURE = "serving_default"
FORBIDDEN = frozenset(
    {
        "EagerPyFunc",
        "MatchingFiles",
        "PyFunc",
        "PyFuncStateless",
        "ReadFile",
        "WholeFileReader",
        "WholeFileReaderV2",
        "WriteFile",
    }
)
"""TensorFlow operators that read or write other files, or call Python"""


def open_keras_model(path: Path) -> Any:
    """The keras.Model in a .keras or .h5 file, or around a SavedModel's signature.

    Raises CheckpointError for layers that bring code (Lambda), and for operators that reach
    outside of the model.
    """
    if path.is_dir():
        _refuse_operators(path)
    try:
        with quiet(f"Opening {path}"):
            os.environ.setdefault("KERAS_BACKEND", "tensorflow")
            import keras

            if path.is_dir():
                return _signature(path)
            return keras.models.load_model(path, compile=False, safe_mode=True)
    except ConvertError as error:
        raise CheckpointError(_explained(path, error)) from error


def _explained(path: Path, error: ConvertError) -> str:
    reason = str(error.__cause__ or error)
    if "lambda" in reason.lower():
        return (
            f"{path} has a Lambda layer: it holds Python code, which is not run here. Replace it "
            "by Keras' own layers, and save the model again."
        )
    first = next((line for line in reason.splitlines() if line.strip()), "")
    return (
        f"{path} cannot be opened as a Keras model: {first} Save it again as .keras with Keras 3, "
        "without layers of your own."
    )


def _signature(path: Path) -> Any:
    """A functional model with a batch of 1 around the SavedModel's `serving_default`."""
    import keras
    import tensorflow as tf

    signatures = tf.saved_model.load(os.fspath(path)).signatures
    if SIGNATURE not in signatures:
        raise ConvertError(f"The SavedModel has no signature {SIGNATURE}.")
    given = list(signatures[SIGNATURE].structured_input_signature[1].values())
    if len(given) != 1 or given[0].dtype != tf.float32 or given[0].shape.rank is None:
        raise ConvertError(f"The signature {SIGNATURE} must take one float32 tensor.")
    layer = keras.layers.TFSMLayer(os.fspath(path), call_endpoint=SIGNATURE)
    values = keras.Input(batch_shape=(1, *given[0].shape[1:]), name=given[0].name)
    return keras.Model(values, list(layer(values).values()))


def _refuse_operators(path: Path) -> None:
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    try:
        model = SavedModel.FromString((path / "saved_model.pb").read_bytes())
    except (DecodeError, OSError) as error:
        raise CheckpointError(f"{path} is damaged: {error}. Copy it again.") from error
    found = sorted(FORBIDDEN & set(_operators(model)))
    if found:
        raise CheckpointError(
            f"{path} has {', '.join(found)}: it reaches outside of the model. Save it without."
        )


def _operators(model: Any) -> Iterator[str]:
    for part in model.meta_graphs:
        for graph in (part.graph_def.node, *(f.node_def for f in part.graph_def.library.function)):
            for node in graph:
                yield node.op
