"""Any Keras model with its architecture: .keras, .h5, or a SavedModel.

As with ONNX, the recipe names the front end of a voice encoder, and what the values of a picture
are unless the last layer shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from convert.architectures.picture_values import picture_values
from convert.checkpoints.checkpoint import Checkpoint
from convert.checkpoints.keras_model import open_keras_model
from convert.errors import CheckpointError, ConvertError
from convert.families.family import FaceDecoder, Match, VoiceEncoder
from convert.families.graph_roles import (
    Shape,
    landmark_output,
    only_vector,
    picture_output,
    role,
)
from convert.families.whole_graph import whole_graph
from convert.nets.keras_net import KerasNet
from convert.nets.net import Floats, Net
from convert.recipe import AttributeRecipe, FaceRecipe, VoiceRecipe
from edge.errors import UsageError

NAME = "keras"
SUMMARY = "any Keras model with its architecture; the recipe names the front end"

RANGES = {"tanh": "-1..1", "sigmoid": "0..1"}
"""what a picture's values are, by the last activation"""


def recognise(checkpoint: Checkpoint) -> Match | None:
    """By the shapes that the model takes and gives."""
    if checkpoint.kind != "keras-model":
        return None
    model = open_keras_model(checkpoint.path)
    inputs: list[Any] = list(getattr(model, "inputs", None) or ())
    return role(_sizes(inputs[0]), _outputs(model)) if len(inputs) == 1 else None


def voice(checkpoint: Checkpoint, recipe: VoiceRecipe) -> VoiceEncoder:
    """The whole model on one window of features."""
    model = open_keras_model(checkpoint.path)
    name = only_vector(_outputs(model), "", str(checkpoint.path))
    return whole_graph(NAME, _net(model, _place(name)), recipe, str(checkpoint.path))


def face(checkpoint: Checkpoint, recipe: FaceRecipe) -> FaceDecoder:
    """The model's picture, and the points beside it where the recipe names their scheme."""
    path = str(checkpoint.path)
    model = open_keras_model(checkpoint.path)
    outputs = _outputs(model)
    name, shape = picture_output(outputs, recipe.size, path)
    if shape[1] == 3:
        raise CheckpointError(f"{path} gives its picture with the colours first: {shape}.")
    picture = _net(_as_rgb(model, _place(name), recipe, path), 0)
    landmarks = None
    if recipe.landmarks:
        points = landmark_output(outputs, recipe.landmarks, path)
        landmarks = _net(_flat(model, _place(points)), 0)

    def published(feature: Floats) -> tuple[Floats, Floats | None]:
        found = landmarks(feature[None]).reshape(-1, 2) if landmarks else None
        return picture(feature[None])[0], found

    return FaceDecoder(
        picture=picture,
        landmarks=landmarks,
        scheme=recipe.landmarks or None,
        published=published,
    )


def attribute(checkpoint: Checkpoint, recipe: AttributeRecipe) -> Net:
    """The model's vector, before a softmax at its end."""
    import keras

    model = open_keras_model(checkpoint.path)
    outputs = _outputs(model)
    place = _place(only_vector(outputs, _named(model, recipe.name), str(checkpoint.path)))
    last = _last_layer(model, place)
    if isinstance(last, keras.layers.Softmax):
        return _net(keras.Model(model.inputs, last.input), 0)
    if getattr(last, "activation", None) is keras.activations.softmax:
        last.activation = keras.activations.linear
    return _net(model, place)


def _as_rgb(model: Any, place: int, recipe: FaceRecipe, path: str) -> Any:
    """The model with its picture as RGB 0…1."""
    import keras

    last = _last_layer(model, place)
    activation = getattr(getattr(last, "activation", None), "__name__", "")
    word = recipe.picture or RANGES.get(activation, "")
    if not word:
        raise UsageError(
            f"{path} does not show what its picture's values are. Set `picture` in [face] of the "
            "recipe: '0..1', '-1..1', '0..255', 'imagenet' or 'sigmoid'."
        )
    values = picture_values(word, word)
    scale, shift = values.scale.tolist(), values.shift.tolist()
    picture = model.outputs[place]
    if np.any(np.array(scale) != 1) or np.any(np.array(shift) != 0):
        picture = keras.layers.Rescaling(scale, shift)(picture)
    if values.sigmoid:
        picture = keras.layers.Activation("sigmoid")(picture)
    return keras.Model(model.inputs, picture)


def _flat(model: Any, place: int) -> Any:
    import keras

    return keras.Model(model.inputs, keras.layers.Flatten()(model.outputs[place]))


def _last_layer(model: Any, place: int) -> Any:
    """The layer that gives an output; of nested models the innermost."""
    layer = model.outputs[place]._keras_history.operation
    while getattr(layer, "outputs", None):
        layer = layer.outputs[0]._keras_history.operation
    return layer


def _net(model: Any, place: int) -> KerasNet:
    try:
        return KerasNet(model, place)
    except CheckpointError:
        raise
    except ConvertError as error:
        raise CheckpointError(str(error)) from error


def _named(model: Any, name: str) -> str:
    """The output of the layer with that name, as `_outputs` calls it."""
    names = list(getattr(model, "output_names", None) or ())
    return f"output {names.index(name)}" if name in names else ""


def _outputs(model: Any) -> Mapping[str, Shape]:
    every = getattr(model, "outputs", None) or ()
    return {f"output {place}": _sizes(value) for place, value in enumerate(every)}


def _place(name: str) -> int:
    return int(name.rpartition(" ")[2])


def _sizes(value: Any) -> Shape:
    return (1, *(size or 0 for size in value.shape[1:]))
