"""A Keras model as a network that can be converted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from convert.errors import ConvertError
from convert.nets import saved_model
from convert.nets.net import Floats, Step, checked
from convert.nets.probes import probes
from convert.quiet import quiet
from edge.inference.manifest import Target

OPSET = 17


class KerasNet:
    """A model with one input: (n, values), (n, T, C) or (n, H, W, C), as Keras has them.

    `output` is the place of one of several outputs. Raises ConvertError where a dimension other
    than the batch is not fixed.
    """

    def __init__(self, model: Any, output: int = 0) -> None:
        self._shape = _static_shape(model)
        self._model = _with_output(model, output)

    @property
    def input_shape(self) -> tuple[int, ...]:
        return self._shape

    def __call__(self, values: Floats) -> Floats:
        # one at a time: a SavedModel may have a batch of 1 in it
        outputs = [self._model(sample[None], training=False) for sample in values]
        return np.concatenate([np.asarray(output, np.float32) for output in outputs])

    def save(self, folder: Path, target: Target) -> tuple[Step, ...]:
        inputs = probes(self._shape)
        with quiet("Converting Keras to TensorFlow"):
            model = _for_boards(self._model, self._shape, target)
            saved_model.write(
                lambda values: model(values, training=False),
                [variable.value for variable in model.variables],
                self._shape,
                folder,
            )
        return (checked("Keras → SavedModel", self(inputs), saved_model.run(folder, inputs)),)

    def save_onnx(self, path: Path) -> None:
        with quiet("Converting Keras to ONNX"):
            import tensorflow as tf
            import tf2onnx

            function = tf.function(
                lambda values: self._model(values, training=False),
                input_signature=[tf.TensorSpec(self._shape, tf.float32, "input")],
            )
            tf2onnx.convert.from_function(
                function, function.input_signature, opset=OPSET, output_path=os.fspath(path)
            )


def _for_boards(model: Any, shape: tuple[int, ...], target: Target) -> Any:
    """The model with a batch of 1 and layers that the target runs; weights are shared.

    The layers of a model that is written as a class cannot be told apart: it stays as it is.
    """
    import keras

    from convert.nets.keras_layers import for_boards

    keras.backend.clear_session()  # it numbers names, and they go into the file
    if not isinstance(model, keras.Sequential | keras.Function):
        return model
    given = keras.Input(batch_shape=shape)
    if not isinstance(model, keras.Sequential):
        given = keras.tree.map_structure(lambda _: given, model.input)
    return keras.models.clone_model(
        model,
        input_tensors=given,
        clone_function=lambda layer: for_boards(layer, target),
        recursive=True,
    )


def _with_output(model: Any, place: int) -> Any:
    import keras

    if isinstance(model, keras.Sequential) or isinstance(model.output, keras.KerasTensor):
        return model
    return keras.Model(model.input, model.outputs[place], name=model.name)


def _static_shape(model: Any) -> tuple[int, ...]:
    inputs: list[Any] = list(getattr(model, "inputs", None) or ())
    if len(inputs) != 1:
        raise ConvertError(
            f"The Keras model {model.name} has {len(inputs)} known inputs; one is wanted."
        )
    shape, name = tuple(inputs[0].shape), inputs[0].name
    for axis, size in enumerate(shape[1:], 1):
        if size is None:
            raise ConvertError(
                f"Dimension {axis} of the input '{name}' has no fixed size. Save the model with "
                "the size that the board will give it."
            )
    if shape[0] not in (None, 1) or len(shape) not in (2, 3, 4):
        raise ConvertError(
            f"The input '{name}' is {shape}. (n, values), (n, T, C) or (n, H, W, C) is wanted, "
            "with a batch of 1."
        )
    return (1, *shape[1:])
