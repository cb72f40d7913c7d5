"""Wen, Raj, Singh 2019: the published weights, by their names, become an encoder and a decoder."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from families.weights import Builder, Weights, parameters, saved
from torch.nn import functional

from convert.checkpoints.reader import read_checkpoint
from convert.errors import CheckpointError
from convert.families import wen_2019
from convert.recipe import AttributeRecipe, FaceRecipe, VoiceRecipe
from edge.errors import UsageError


@pytest.fixture(scope="module")
def voice_weights() -> Weights:
    made = Builder(seed=1)
    widths = (64, 256, 384, 576, 864)
    for place, (inputs, outputs) in enumerate(pairwise(widths)):
        made.layer(f"model.{3 * place}", outputs, inputs, 3)
        made.norm(f"model.{3 * place + 1}", outputs)
    made.layer("model.12", 64, 864, 3, bias=True)
    return made.weights


@pytest.fixture(scope="module")
def face_weights() -> Weights:
    made = Builder(seed=2)
    maps = (64, 1024, 512, 256, 128, 64)
    for place, (inputs, outputs) in enumerate(pairwise(maps)):
        made.transposed(f"model.{2 * place}", inputs, outputs, 4, 4)
    made.transposed("model.10", 64, 3, 1, 1)
    return made.weights


@pytest.fixture(scope="module")
def voice_file(voice_weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("wen") / "voice_embedding.pth", voice_weights)


@pytest.fixture(scope="module")
def face_file(face_weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("wen") / "generator.pth", face_weights)


def embedding(weights: Weights, features: np.ndarray) -> np.ndarray:
    """The published voice embedding of `(frames, 64)`, written down once more."""
    x = torch.from_numpy(features).T[None]
    for place in (0, 3, 6, 9):
        x = functional.conv1d(x, weights[f"model.{place}.weight"], stride=2, padding=1)
        norm = f"model.{place + 1}."
        x = functional.batch_norm(
            x,
            weights[norm + "running_mean"],
            weights[norm + "running_var"],
            weights[norm + "weight"],
            weights[norm + "bias"],
        )
        x = functional.relu(x)
    x = functional.conv1d(x, weights["model.12.weight"], weights["model.12.bias"], 2, 1)
    return functional.normalize(functional.avg_pool1d(x, x.shape[2]).flatten(1))[0].numpy()


def generated(weights: Weights, feature: np.ndarray) -> np.ndarray:
    """The published picture (64, 64, 3) in −1…1."""
    x = torch.from_numpy(feature).view(1, 64, 1, 1)
    for place in (0, 2, 4, 6, 8):
        stride, padding = (1, 0) if place == 0 else (2, 1)
        kernel, bias = weights[f"model.{place}.weight"], weights[f"model.{place}.bias"]
        x = functional.relu(functional.conv_transpose2d(x, kernel, bias, stride, padding))
    x = functional.conv_transpose2d(x, weights["model.10.weight"], weights["model.10.bias"])
    return x[0].permute(1, 2, 0).numpy()


def features(frames: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(frames, 64)).astype(np.float32)


def unit_vector(seed: int = 4) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(size=64).astype(np.float32)
    return vector / np.linalg.norm(vector)


def test_the_weights_have_the_published_number_of_parameters(
    voice_weights: Weights, face_weights: Weights
) -> None:
    assert parameters(voice_weights) == 2_670_720
    assert parameters(face_weights) == 12_191_875


def test_both_files_are_recognised(voice_file: Path, face_file: Path) -> None:
    voice, face = (wen_2019.recognise(read_checkpoint(file)) for file in (voice_file, face_file))
    assert voice is not None
    assert face is not None
    assert (voice.role, face.role) == ("voice", "face")
    assert "(256, 64, 3)" in voice.reason


def test_the_layouts_are_those_of_the_files(voice_weights: Weights, face_weights: Weights) -> None:
    layouts = wen_2019.layouts()
    assert layouts["voice embedding"] == {n: tuple(v.shape) for n, v in voice_weights.items()}
    assert layouts["generator"] == {n: tuple(v.shape) for n, v in face_weights.items()}


@pytest.mark.parametrize("frames", [150, 318, 1000])
def test_published_is_the_published_network(
    voice_file: Path, voice_weights: Weights, frames: int
) -> None:
    encoder = wen_2019.voice(read_checkpoint(voice_file), VoiceRecipe(checkpoint="x"))
    assert encoder.published is not None
    clip = features(frames)
    np.testing.assert_allclose(encoder.published(clip), embedding(voice_weights, clip), atol=1e-6)


def test_trunk_and_unit_length_are_the_embedding_of_a_window(
    voice_file: Path, voice_weights: Weights
) -> None:
    encoder = wen_2019.voice(read_checkpoint(voice_file), VoiceRecipe(checkpoint="x"))
    assert (encoder.frames, encoder.step_frames) == (318, 160)
    assert encoder.trunk.input_shape == (1, 1, 318, 64)
    assert encoder.head is None
    assert encoder.unit_feature
    window = features(encoder.frames)
    vector = encoder.trunk(window[None, None])[0]
    expected = embedding(voice_weights, window)
    np.testing.assert_allclose(vector / np.linalg.norm(vector), expected, atol=1e-5)


def test_a_recipe_sets_windows_and_front_end(voice_file: Path) -> None:
    recipe = VoiceRecipe(
        checkpoint="x", window_s=1.0, step_s=0.5, front_end_parameters={"low_hz": 50.0}
    )
    encoder = wen_2019.voice(read_checkpoint(voice_file), recipe)
    assert (encoder.frames, encoder.step_frames) == (98, 50)
    assert encoder.front_end.name == "wen-logmel64"
    assert encoder.front_end.parameters == {"low_hz": 50.0}


def test_a_window_without_a_step_keeps_the_overlap(voice_file: Path) -> None:
    recipe = VoiceRecipe(checkpoint="x", window_s=6.0)
    encoder = wen_2019.voice(read_checkpoint(voice_file), recipe)
    assert (encoder.frames, encoder.step_frames) == (598, 300)


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ({"window_s": 1.0, "step_s": 2.0}, "leave out speech"),
        ({"window_s": 0.01}, "shorter than a frame"),
        ({"strides": 2}, "no use for `strides`"),
        ({"bins_first": True}, "no use for `bins_first`"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused(
    voice_file: Path, setting: dict[str, float], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        wen_2019.voice(read_checkpoint(voice_file), VoiceRecipe(checkpoint="x", **setting))


def test_the_picture_is_the_published_one_in_0_to_1(face_file: Path, face_weights: Weights) -> None:
    decoder = wen_2019.face(read_checkpoint(face_file), FaceRecipe())
    feature = unit_vector()
    expected = (generated(face_weights, feature) + 1) / 2
    assert decoder.published is not None
    np.testing.assert_allclose(decoder.published(feature)[0], expected, atol=1e-6)
    np.testing.assert_allclose(decoder.picture(feature[None])[0], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("0..1", lambda x: x),
        ("0..255", lambda x: x / 255),
        ("sigmoid", lambda x: 1 / (1 + np.exp(-x))),
        ("imagenet", lambda x: x * (0.229, 0.224, 0.225) + (0.485, 0.456, 0.406)),
    ],
)
def test_a_recipe_says_what_the_values_mean(
    face_file: Path, face_weights: Weights, word: str, meaning: object
) -> None:
    decoder = wen_2019.face(read_checkpoint(face_file), FaceRecipe(picture=word))
    feature = unit_vector()
    expected = meaning(generated(face_weights, feature))  # type: ignore[operator]
    np.testing.assert_allclose(decoder.picture(feature[None])[0], expected, atol=1e-5)


def test_a_size_that_the_generator_does_not_make_is_refused(face_file: Path) -> None:
    with pytest.raises(UsageError, match="pictures of 64 pixels"):
        wen_2019.face(read_checkpoint(face_file), FaceRecipe(size=128))


def test_there_are_no_attributes(face_file: Path) -> None:
    with pytest.raises(UsageError, match="no attributes"):
        wen_2019.attribute(read_checkpoint(face_file), AttributeRecipe(name="age"))


def test_every_difference_is_listed_by_name(voice_weights: Weights, tmp_path: Path) -> None:
    changed = dict(voice_weights)
    del changed["model.7.running_mean"]
    changed["model.9.weight"] = changed["model.9.weight"][:, :500].clone()
    changed["head.weight"] = torch.zeros(3)
    checkpoint = read_checkpoint(saved(tmp_path / "voice.pth", changed))
    with pytest.raises(CheckpointError) as refused:
        wen_2019.voice(checkpoint, VoiceRecipe(checkpoint="x"))
    words = str(refused.value)
    assert "Missing: model.7.running_mean." in words
    assert "Superfluous: head.weight." in words
    assert "model.9.weight (864, 500, 3) instead of (864, 576, 3)" in words


def test_the_voice_is_no_face(voice_file: Path) -> None:
    with pytest.raises(CheckpointError, match="does not fit the network"):
        wen_2019.face(read_checkpoint(voice_file), FaceRecipe())


def test_other_weights_are_not_recognised(tmp_path: Path) -> None:
    other = {"model.0.weight": torch.zeros(256, 40, 3), "model.12.weight": torch.zeros(64, 864, 3)}
    assert wen_2019.recognise(read_checkpoint(saved(tmp_path / "x.pth", other))) is None
