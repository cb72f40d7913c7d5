"""Keras models with their architecture, from every kind of file they are saved in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from onnx_cases import int8_graph, names, normal

from convert.checkpoints.checkpoint import Checkpoint
from convert.checkpoints.reader import read_checkpoint
from convert.errors import CheckpointError
from convert.families import keras_model
from convert.nets.net import relative_error
from convert.recipe import AttributeRecipe, FaceRecipe, VoiceRecipe
from edge.errors import UsageError
from edge.inference.manifest import Target

BAD = {"SHAPE", "STRIDED_SLICE", "PACK", "TILE", "TRANSPOSE", "TRANSPOSE_CONV"}
KINDS = ("model.keras", "model.h5", "folder")

Save = Callable[..., Checkpoint]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save(model: keras.Model, name: str = "model.keras") -> Checkpoint:
        if name == "folder":
            model.export(tmp_path / name, verbose=False)
        else:
            model.save(tmp_path / name)
        return read_checkpoint(tmp_path / name)

    return save


def voice() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((40, 64, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(4),
            layers.Flatten(),
            layers.Dense(6),
        ]
    )


def decoder(activation: str | None = "tanh") -> keras.Model:
    feature = keras.Input((6,))
    maps = layers.Reshape((4, 4, 4))(layers.Dense(64, activation="relu")(feature))
    maps = layers.Conv2DTranspose(4, 4, 2, "same", activation="relu")(maps)
    picture = layers.Conv2D(3, 3, padding="same", activation=activation)(
        layers.UpSampling2D()(maps)
    )
    points = layers.Reshape((68, 2))(layers.Dense(2 * 68)(feature))
    return keras.Model(feature, [picture, points])


@pytest.mark.parametrize("name", KINDS)
def test_a_voice_encoder_comes_from_every_kind_of_file(
    save: Save, name: str, tmp_path: Path
) -> None:
    model = voice()
    file = save(model, name)
    found = keras_model.recognise(file)
    assert found is not None
    assert found.role == "voice"
    assert "it takes (1, 40, 64, 1), a sound's features" in found.reason
    recipe = VoiceRecipe(checkpoint="x", front_end="wen-logmel64", step_s=0.05)
    encoder = keras_model.voice(file, recipe)
    assert (encoder.frames, encoder.step_frames) == (40, 5)
    assert not encoder.front_end.bins_first
    features = normal(40, 64)
    expected = np.asarray(model(features[None, :, :, None]))[0]
    assert encoder.published is not None
    assert relative_error(expected, encoder.published(features)) < 1e-5
    assert not names(int8_graph(encoder.trunk, tmp_path / "saved", "coral")) & BAD


@pytest.mark.parametrize("target", ["cpu", "coral"])
def test_a_decoder_gives_rgb_and_points(save: Save, target: Target, tmp_path: Path) -> None:
    model = decoder()
    file = save(model)
    found = keras_model.recognise(file)
    assert found is not None
    assert found.role == "face"
    face = keras_model.face(file, FaceRecipe(landmarks="ibug-68"))
    feature = normal(6)
    picture, points = (np.asarray(output)[0] for output in model(feature[None]))
    assert face.published is not None
    got, marks = face.published(feature)
    assert relative_error((picture + 1) / 2, got) < 1e-5
    assert marks is not None
    assert relative_error(points, marks) < 1e-5
    assert face.landmarks is not None
    assert int8_graph(face.landmarks, tmp_path / "points").outputs[0].shape == (1, 136)
    graph = int8_graph(face.picture, tmp_path / "picture", target)
    assert graph.outputs[0].shape == (1, 16, 16, 3)
    assert not names(graph) & BAD


def test_values_that_the_last_layer_does_not_show_are_asked_for(save: Save) -> None:
    model = decoder(activation=None)
    file = save(model)
    with pytest.raises(UsageError, match="does not show what its picture's values are"):
        keras_model.face(file, FaceRecipe())
    feature = normal(1, 6)
    picture = np.asarray(model(feature)[0])
    face = keras_model.face(file, FaceRecipe(picture="sigmoid"))
    assert relative_error(1 / (1 + np.exp(-picture)), face.picture(feature)) < 1e-5
    face = keras_model.face(file, FaceRecipe(picture="imagenet"))
    rgb = picture * np.array([0.229, 0.224, 0.225]) + np.array([0.485, 0.456, 0.406])
    assert relative_error(rgb.astype(np.float32), face.picture(feature)) < 1e-5


@pytest.mark.parametrize("apart", [True, False])
def test_a_softmax_at_the_end_of_an_attribute_is_left_out(save: Save, apart: bool) -> None:
    dense = layers.Dense(3, activation=None if apart else "softmax")
    model = keras.Sequential([keras.Input((6,)), dense, *[layers.Softmax()] * apart])
    values = normal(2, 6)
    logits = values @ np.asarray(dense.kernel) + np.asarray(dense.bias)
    file = save(model)
    found = keras_model.recognise(file)
    assert found is not None
    assert found.role == "attribute"
    got = keras_model.attribute(file, AttributeRecipe(name="gender"))(values)
    assert relative_error(logits, got) < 1e-5


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_code_in_a_model_is_not_run(save: Save, name: str) -> None:
    model = keras.Sequential([keras.Input((6,)), layers.Lambda(lambda x: x * 2)])
    with pytest.raises(CheckpointError, match="Lambda layer: it holds Python code"):
        keras_model.recognise(save(model, name))


def test_a_saved_model_that_reads_files_is_refused(tmp_path: Path) -> None:
    module = tf.Module()
    module.serve = tf.function(
        lambda x: {"y": x + tf.cast(tf.strings.length(tf.io.read_file("/etc/hostname")), x.dtype)},
        input_signature=[tf.TensorSpec((1, 6), tf.float32, "x")],
    )
    tf.saved_model.save(module, str(tmp_path / "saved"), {"serving_default": module.serve})
    with pytest.raises(CheckpointError, match="has ReadFile: it reaches outside of the model"):
        keras_model.recognise(read_checkpoint(tmp_path / "saved"))


def test_a_layer_of_ones_own_is_refused(save: Save) -> None:
    class Own(keras.Layer):
        def call(self, values: object) -> object:
            return values

    model = keras.Sequential([keras.Input((6,)), Own()])
    with pytest.raises(CheckpointError, match="cannot be opened as a Keras model"):
        keras_model.recognise(save(model))


def test_an_input_without_a_size_is_named(save: Save) -> None:
    model = keras.Sequential(
        [keras.Input((None, 64, 1)), layers.Conv2D(2, 3), layers.GlobalAveragePooling2D()]
    )
    file = save(model)
    found = keras_model.recognise(file)
    assert found is not None
    assert found.role == "voice"
    with pytest.raises(CheckpointError, match="Dimension 1 of the input"):
        keras_model.voice(file, VoiceRecipe(checkpoint="x", front_end="wen-logmel64"))
