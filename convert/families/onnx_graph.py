"""Any ONNX graph with inputs of a fixed size: voice encoder, face decoder or attribute.

A graph does not say what it was trained on, so the recipe names the front end of a voice encoder,
and what the values of a picture are unless the last operator shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort

from convert.architectures.picture_values import picture_values
from convert.checkpoints.checkpoint import Checkpoint
from convert.errors import CheckpointError, ConvertError
from convert.families.family import FaceDecoder, Match, VoiceEncoder
from convert.families.graph_roles import (
    COLOURS,
    Shape,
    is_vector,
    landmark_output,
    only_vector,
    picture_output,
    role,
)
from convert.families.whole_graph import whole_graph
from convert.nets.net import Floats, Net
from convert.nets.onnx_edit import Editor
from convert.nets.onnx_net import OnnxNet
from convert.recipe import AttributeRecipe, FaceRecipe, VoiceRecipe
from edge.errors import UsageError

NAME = "onnx"
SUMMARY = "any ONNX graph with an input of a fixed size; the recipe names the front end"

RANGES = {"Tanh": "-1..1", "Sigmoid": "0..1"}
"""what a picture's values are, by the last operator"""


def recognise(checkpoint: Checkpoint) -> Match | None:
    """By the shapes that the graph takes and gives."""
    if checkpoint.kind != "onnx":
        return None
    graph = onnx.load(checkpoint.path, load_external_data=False).graph
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    if len(inputs) != 1:
        return None
    given = _declared(inputs[0])
    if 0 in given[1:] and not is_vector(given):
        # it cannot be run; converting it says which dimension is not fixed
        return Match("voice", f"its input {inputs[0].name} has {len(given)} dimensions")
    return role(given, _outputs(checkpoint))


def voice(checkpoint: Checkpoint, recipe: VoiceRecipe) -> VoiceEncoder:
    """The whole graph on one window of features."""
    name = only_vector(_outputs(checkpoint), "", str(checkpoint.path))
    net = _net(checkpoint.path, name)
    return whole_graph(NAME, net, recipe, str(checkpoint.path), turned=net.turned)


def face(checkpoint: Checkpoint, recipe: FaceRecipe) -> FaceDecoder:
    """The graph's picture, and the points beside it where the recipe names their scheme."""
    outputs = _outputs(checkpoint)
    name, shape = picture_output(outputs, recipe.size, str(checkpoint.path))
    model = onnx.load(checkpoint.path)
    name = _as_rgb(model, name, shape, recipe, str(checkpoint.path))
    picture = _net(model, name)
    del model
    landmarks = None
    if recipe.landmarks:
        points = landmark_output(outputs, recipe.landmarks, str(checkpoint.path))
        landmarks = _net(checkpoint.path, points)

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
    """The graph's vector, before a softmax at its end."""
    outputs = _outputs(checkpoint)
    name = only_vector(outputs, recipe.name, str(checkpoint.path))
    model = onnx.load(checkpoint.path)
    last = Editor(model).producer(name)
    if last is not None and last.op_type in ("LogSoftmax", "Softmax"):
        value = next(value for value in model.graph.output if value.name == name)
        value.name = name = last.input[0]
    return _net(model, name)


def _as_rgb(model: onnx.ModelProto, name: str, shape: Shape, recipe: FaceRecipe, path: str) -> str:
    """Bring the picture to RGB 0…1, in place; returns the output's new name."""
    editor = Editor(model)
    last = editor.producer(name)
    while last is not None and last.op_type in ("Identity", "Transpose"):
        last = editor.producer(last.input[0])
    word = recipe.picture or RANGES.get(last.op_type if last else "", "")
    if not word:
        raise UsageError(
            f"{path} does not show what its picture's values are. Set `picture` in [face] of the "
            "recipe: '0..1', '-1..1', '0..255', 'imagenet' or 'sigmoid'."
        )
    values = picture_values(word, word)
    per_colour = (1, COLOURS, 1, 1) if shape[1] == COLOURS else (1, 1, 1, COLOURS)
    source = name
    for kind, numbers, neutral in (("Mul", values.scale, 1.0), ("Add", values.shift, 0.0)):
        if np.any(numbers.numpy() != neutral):
            constant = editor.constant(numbers.numpy().reshape(per_colour), "colours")
            model.graph.node.append(editor.node(kind, [source, constant], "picture"))
            source = model.graph.node[-1].output[0]
    if values.sigmoid:
        model.graph.node.append(editor.node("Sigmoid", [source], "picture"))
        source = model.graph.node[-1].output[0]
    next(value for value in model.graph.output if value.name == name).name = source
    return source


def _net(model: onnx.ModelProto | Path, name: str) -> OnnxNet:
    try:
        return OnnxNet(model, name)
    except ConvertError as error:
        raise CheckpointError(str(error)) from error


def _declared(value: onnx.ValueInfoProto) -> Shape:
    return tuple(d.dim_value for d in value.type.tensor_type.shape.dim)


def _outputs(checkpoint: Checkpoint) -> Mapping[str, Shape]:
    """The shapes that the graph gives, by running it once: they are seldom declared.

    Raises CheckpointError."""
    options = ort.SessionOptions()
    options.log_severity_level = 4
    try:
        session = ort.InferenceSession(str(checkpoint.path), options)
        (given,) = session.get_inputs()
        for axis, size in enumerate(given.shape[1:], 1):
            if not isinstance(size, int) or size < 1:
                raise CheckpointError(
                    f"{checkpoint.path}: dimension {axis} ('{size}') of the input '{given.name}' "
                    "has no fixed size. Export the graph with the size that the board will give it."
                )
        shape = [size if isinstance(size, int) and size > 0 else 1 for size in given.shape]
        names = [output.name for output in session.get_outputs()]
        found = session.run(names, {given.name: np.zeros(shape, np.float32)})
    except CheckpointError:
        raise
    except Exception as error:  # onnxruntime's own errors have no common base
        raise CheckpointError(
            f"{checkpoint.path} cannot be run: {error}. A graph with one float32 input of a fixed "
            "size is wanted."
        ) from error
    return {name: tuple(output.shape) for name, output in zip(names, found, strict=True)}
