"""PyTorch → ONNX → a float SavedModel in TFLite's layout, checked against PyTorch.

The network is given and takes a batch of one. A feature map is (1, C, H, W) in PyTorch and
(1, H, W, C) from here on.
"""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from torch import nn

from convert.errors import ConvertError
from convert.layout import to_channels_last
from convert.quiet import quiet

Floats = npt.NDArray[np.float32]

TOLERANCE = 1e-4
"""largest difference from PyTorch, as a share of the output's largest magnitude"""
OPSET = 17


class FloatNetwork:
    """A PyTorch network as the float reference: takes and gives arrays in TFLite's layout."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module.eval()

    def __call__(self, values: Floats) -> Floats:
        """`values` with a batch of any size; feature maps are (n, H, W, C)."""
        with torch.no_grad():
            output = self._module(torch.from_numpy(_channels_first(values)))
        return channels_last(output.numpy())


def channels_last(values: Floats) -> Floats:
    """(n, C, H, W) → (n, H, W, C); anything else as it is."""
    return np.ascontiguousarray(values.transpose(0, 2, 3, 1)) if values.ndim == 4 else values


def _channels_first(values: Floats) -> Floats:
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2)) if values.ndim == 4 else values


def export(module: nn.Module, example: torch.Tensor, folder: Path) -> None:
    """Write the network as a float SavedModel into `folder`.

    `example`: one input of the network, a batch of one, in PyTorch's layout. Raises ConvertError
    when the SavedModel does not compute what the network computes.
    """
    module = module.eval()
    if example.shape[0] != 1:
        raise ConvertError(
            f"The example has a batch of {example.shape[0]}. Give one with a batch of 1: "
            "a model for a board has a static shape."
        )
    if example.ndim not in (2, 4):
        raise ConvertError(
            f"The example has {example.ndim} dimensions. Write the network so that it takes "
            "(1, n) or (1, C, H, W)."
        )
    graph = to_channels_last(_to_onnx(module, example))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    with quiet("Converting ONNX to TensorFlow"):
        import onnx2tf
        import tensorflow as tf
        import tf_keras  # type: ignore[import-untyped]

        tf_keras.backend.clear_session()  # it numbers names, and they go into the file
        onnx2tf.convert(
            onnx_graph=graph,
            output_folder_path=str(folder),
            output_signaturedefs=True,
            batch_size=1,
            verbosity="error",
        )
        function = tf.saved_model.load(str(folder)).signatures["serving_default"]
    _check(module, example, function)


def _to_onnx(module: nn.Module, example: torch.Tensor) -> onnx.ModelProto:
    buffer = io.BytesIO()
    with quiet("Converting PyTorch to ONNX"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (example,),
            buffer,  # type: ignore[arg-type]  # the older exporter takes it
            dynamo=False,  # the other exporter needs onnxscript
            opset_version=OPSET,
            input_names=["input"],
            output_names=["output"],
        )
    return onnx.load_model_from_string(buffer.getvalue())


def _check(module: nn.Module, example: torch.Tensor, function: Any) -> None:
    import tensorflow as tf

    # three inputs: one alone could agree by being zero where the layouts differ
    generator = torch.Generator().manual_seed(0)
    for place in range(3):
        sample = example if place == 0 else torch.rand(example.shape, generator=generator)
        values = channels_last(sample.numpy())
        expected = FloatNetwork(module)(values)
        (got,) = function(tf.constant(values)).values()
        if tuple(got.shape) != expected.shape:
            raise ConvertError(
                f"The converted network gives {tuple(got.shape)}, PyTorch {expected.shape}. "
                "Write the network so that its output is (1, n) or (1, C, H, W)."
            )
        difference = float(np.max(np.abs(got.numpy() - expected)))
        allowed = TOLERANCE * max(float(np.max(np.abs(expected))), 1e-6)
        if not difference <= allowed:
            raise ConvertError(
                f"The converted network is off by {difference:.3g} from PyTorch; "
                f"{allowed:.3g} is allowed. An operator was converted wrongly."
            )
