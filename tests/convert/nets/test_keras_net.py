"""From Keras to int8: static shapes, no TILE, no TRANSPOSE_CONV, and the same values."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from onnx_cases import int8_graph, names, normal

import convert.nets.keras_layers
from convert.errors import ConvertError
from convert.nets.keras_net import KerasNet
from convert.nets.net import relative_error
from convert.nets.onnx_net import OnnxNet
from edge.inference.manifest import Target

BAD = {"SHAPE", "STRIDED_SLICE", "PACK", "TILE", "TRANSPOSE", "TRANSPOSE_CONV"}


def model(*parts: keras.Layer, shape: tuple[int | None, ...]) -> keras.Model:
    """A Sequential model with weights that are all different."""
    made = keras.Sequential([keras.Input(shape), *parts])
    random = np.random.default_rng(0)
    for variable in made.weights:
        values = random.uniform(0.1, 0.5, variable.shape)
        variable.assign(values if "variance" in variable.path else values - 0.2)
    return made


VOICE = (
    layers.Conv2D(6, 3, activation="relu"),
    layers.BatchNormalization(),
    layers.MaxPooling2D(2),
    layers.Conv2D(8, 3, padding="same", activation="relu"),
    layers.BatchNormalization(),
    layers.Flatten(),
    layers.Dense(5),
)


@pytest.mark.parametrize("target", ["cpu", "coral"])
def test_a_voice_encoder_passes_the_gate(target: Target, tmp_path: Path) -> None:
    net = KerasNet(model(*VOICE, shape=(12, 10, 2)))
    assert net.input_shape == (1, 12, 10, 2)
    assert net(normal(3, 12, 10, 2)).shape == (3, 5)
    graph = int8_graph(net, tmp_path, target)
    assert graph.outputs[0].shape == (1, 5)
    assert not names(graph) & BAD


@pytest.mark.parametrize("target", ["cpu", "coral"])
def test_a_decoder_is_upsampled_by_what_boards_run(target: Target, tmp_path: Path) -> None:
    decoder = model(
        layers.Dense(2 * 2 * 4, activation="relu"),
        layers.Reshape((2, 2, 4)),
        layers.UpSampling2D(2),
        layers.Conv2DTranspose(6, 4, 2, padding="same", activation="relu"),
        layers.Conv2DTranspose(4, 3, 2, padding="valid"),
        layers.Conv2DTranspose(3, 5, 2, padding="same", activation="sigmoid", use_bias=False),
        shape=(7,),
    )
    graph = int8_graph(KerasNet(decoder), tmp_path, target)
    assert graph.outputs[0].shape == (1, 34, 34, 3)
    assert not names(graph) & BAD
    assert "RESIZE_NEAREST_NEIGHBOR" in names(graph)
    assert ("DEPTH_TO_SPACE" in names(graph)) == (target == "cpu")


@pytest.mark.parametrize("target", ["cpu", "coral"])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(
    ("kernel", "strides"), [((4, 4), (2, 2)), ((1, 3), (2, 1)), ((5, 2), (3, 2)), ((3, 3), (1, 1))]
)
def test_transposed_convolutions_are_exact(
    target: Target, padding: str, kernel: tuple[int, int], strides: tuple[int, int]
) -> None:
    layer = layers.Conv2DTranspose(3, kernel, strides, padding, activation="tanh")
    values = keras.ops.convert_to_tensor(normal(1, 4, 5, 2))
    expected = keras.ops.convert_to_numpy(layer(values))
    other = convert.nets.keras_layers.for_boards(layer, target)
    got = keras.ops.convert_to_numpy(other(values))
    assert other.compute_output_shape((1, 4, 5, 2)) == tuple(expected.shape)
    assert np.allclose(got, expected, atol=1e-6)


def test_a_sequence_is_convolved_in_one_dimension(tmp_path: Path) -> None:
    net = KerasNet(
        model(
            layers.Conv1D(6, 3, 2, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.UpSampling1D(2),
            layers.Conv1D(4, 3, activation="relu"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(3),
            shape=(20, 8),
        )
    )
    assert net.input_shape == (1, 20, 8)
    assert not names(int8_graph(net, tmp_path)) & BAD


def test_a_model_inside_a_model_is_rewritten_too(tmp_path: Path) -> None:
    inner = model(layers.Conv2DTranspose(4, 4, 2, "same"), layers.UpSampling2D(), shape=(3, 3, 2))
    given = keras.Input((3, 3, 2))
    maps = inner(given)
    net = KerasNet(keras.Model(given, layers.Conv2D(2, 1)(maps) + maps[..., :1] * 0.5))
    net.save(tmp_path, "cpu")
    whole = keras.Model(given, layers.Conv2D(3, 1)(maps))
    graph = int8_graph(KerasNet(whole), tmp_path / "whole")
    assert not names(graph) & BAD


def test_one_of_two_outputs_is_taken() -> None:
    given = keras.Input((6,))
    two = keras.Model(given, [layers.Dense(4)(given), layers.Dense(2)(given)])
    assert KerasNet(two)(normal(2, 6)).shape == (2, 4)
    assert KerasNet(two, output=1)(normal(2, 6)).shape == (2, 2)


def test_a_dimension_without_size_is_named() -> None:
    open_ended = model(layers.Conv2D(2, 3), shape=(None, 10, 2))
    with pytest.raises(ConvertError, match=r"Dimension 1 of the input .* has no fixed size"):
        KerasNet(open_ended)


def test_several_inputs_are_refused() -> None:
    one, other = keras.Input((3,)), keras.Input((3,))
    with pytest.raises(ConvertError, match="has 2 known inputs; one is wanted"):
        KerasNet(keras.Model([one, other], layers.Add()([one, other])))


def test_a_layer_without_a_form_is_refused(tmp_path: Path) -> None:
    net = KerasNet(model(layers.Conv1DTranspose(3, 4, 2), shape=(6, 2)))
    with pytest.raises(ConvertError, match=r"is Conv1DTranspose\. Use Conv2DTranspose"):
        net.save(tmp_path, "cpu")


def test_a_layer_that_is_rewritten_wrongly_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = convert.nets.keras_layers.stuffing
    monkeypatch.setattr(convert.nets.keras_layers, "stuffing", lambda *a: 1.01 * right(*a))
    net = KerasNet(model(layers.Conv2DTranspose(3, 4, 2, "same"), shape=(4, 4, 2)))
    with pytest.raises(ConvertError, match="Keras → SavedModel changed the outputs by"):
        net.save(tmp_path, "coral")


def test_a_model_is_written_as_onnx_too(tmp_path: Path) -> None:
    net = KerasNet(model(*VOICE, shape=(12, 10, 2)))
    net.save_onnx(tmp_path / "voice.onnx")
    again = OnnxNet(tmp_path / "voice.onnx")
    values = normal(2, 12, 10, 2)
    assert again.input_shape == net.input_shape
    assert relative_error(net(values), again(values)) < 1e-5
    assert not names(int8_graph(again, tmp_path / "saved")) & BAD
