"""Float SavedModels with one static input, as TensorFlow Lite's converter takes them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from convert.nets.net import Floats
from convert.quiet import quiet

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


def write(
    function: Callable[[Any], Any], tracked: Any, shape: tuple[int, ...], folder: Path
) -> None:
    """Write a function of one float32 tensor; `tracked` holds its variables."""
    import tensorflow as tf

    module = tf.Module()
    module.tracked = tracked
    module.serve = tf.function(
        lambda values: {"output": function(values)},
        input_signature=[tf.TensorSpec(shape, tf.float32, "input")],
    )
    signature = module.serve.get_concrete_function()
    tf.saved_model.save(module, os.fspath(folder), signatures={"serving_default": signature})


def from_onnx(graph: Path, folder: Path) -> None:
    """Convert a static ONNX graph to a SavedModel in TFLite's layout."""
    with quiet("Converting ONNX to TensorFlow"):
        import onnx2tf
        import tf_keras  # type: ignore[import-untyped]

        # it fetches pictures from the web for inputs with three channels, to try operators with
        onnx2tf.onnx2tf.download_test_image_data = _pictures
        tf_keras.backend.clear_session()  # it numbers names, and they go into the file
        model = onnx2tf.convert(
            input_onnx_file_path=os.fspath(graph),
            output_folder_path=os.fspath(folder),
            output_signaturedefs=True,
            batch_size=1,
            # both copy the graph as text: 20 GB for the paper's dense layers
            not_use_onnxsim=True,
            not_use_opname_auto_generate=True,
            disable_model_save=True,  # it would write float and half TFLite files too
            verbosity="error",
        )
        (given,) = model.inputs
        # the model itself would be written too, its weights as JSON
        write(lambda values: model(values), model.variables, tuple(given.shape), folder)


def _pictures() -> Floats:
    """Random values in the shape of the pictures that onnx2tf tries operators with."""
    return np.random.default_rng(0).random((20, 128, 128, 3), np.float32)


def run(folder: Path, values: Floats) -> Floats:
    """Outputs `(n, …)` of a SavedModel for `(n, …)`, one sample at a time."""
    with quiet("Running the SavedModel"):
        import tensorflow as tf

        function = tf.saved_model.load(os.fspath(folder)).signatures["serving_default"]
        outputs = []
        for sample in values:
            (output,) = function(tf.constant(sample[None])).values()
            outputs.append(output.numpy())
        return np.concatenate(outputs)
