"""SF2F (Bai et al. 2022): encoder, fuser and decoder of one file."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from families.weights import Builder, Weights, parameters, saved
from torch import Tensor
from torch.nn import functional

from convert.checkpoints.reader import read_checkpoint
from convert.errors import CheckpointError
from convert.families import sf2f
from convert.families.family import VoiceEncoder
from convert.recipe import AttributeRecipe, FaceRecipe, VoiceRecipe
from edge.errors import UsageError

WIDTHS = (40, 256, 384, 576, 864)
RECIPE = VoiceRecipe(checkpoint="x")
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def encoder_weights(inception: bool, fuser: bool) -> Weights:
    made = Builder(seed=1)
    for place, (inputs, outputs) in enumerate(pairwise(WIDTHS)):
        if not inception:
            made.layer(f"encoder.model.{3 * place}", outputs, inputs, 3)
            made.norm(f"encoder.model.{3 * place + 1}", outputs)
            continue
        for kernel in (2, 3, 5, 7):
            branch = f"encoder.model.{place}.conv_k{kernel}.model"
            made.layer(f"{branch}.0", outputs // 4, inputs, kernel)
            made.norm(f"{branch}.1", outputs // 4)
    made.layer(f"encoder.model.{4 if inception else 12}", 512, 864, 3, bias=True)
    if fuser:
        made.layer("encoder.attn_fuser.attention.linear_in", 512, 512)
        made.layer("encoder.attn_fuser.attention.linear_out", 512, 1024)
    return made.weights


def decoder_weights(two_sizes: bool) -> Weights:
    made = Builder(seed=2)
    made.layer("decoder.fc.0", 16384, 512)
    made.norm("decoder.fc.1", 16384)
    low = "up_low_layers" if two_sizes else "up_layers"
    for place, channels in enumerate((512, 256, 128, 64)):
        made.layer(f"decoder.{low}.{place}.1", channels, channels, 3, 3)
        made.norm(f"decoder.{low}.{place}.2", channels)
    gnet = "gnet_low" if two_sizes else "gnet"
    made.layer(f"decoder.{gnet}.0", 32, 32, 3, 3, bias=True)
    made.layer(f"decoder.{gnet}.2", 3, 32, 1, 1, bias=True)
    if two_sizes:
        made.layer("decoder.up_mid_layer.1", 32, 32, 3, 3)
        made.norm("decoder.up_mid_layer.2", 32)
        made.layer("decoder.gnet_mid.0", 16, 16, 3, 3, bias=True)
        made.layer("decoder.gnet_mid.2", 3, 16, 1, 1, bias=True)
    return made.weights


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sf2f")


@pytest.fixture(scope="module")
def fused(folder: Path) -> Path:
    """As the training script saves it: in DataParallel, beside the optimizer's state."""
    weights = encoder_weights(True, True) | decoder_weights(False)
    state = {f"module.{name}": value for name, value in weights.items()}
    return saved(folder / "fused.pt", {"args": {"lr": 1e-4}, "model_state": state})


@pytest.fixture(scope="module")
def first_stage(folder: Path) -> Path:
    """Before the fuser is trained, with two sizes."""
    weights = encoder_weights(True, False) | decoder_weights(True)
    return saved(folder / "first.pt", {"model_state": weights})


def norm(weights: Weights, name: str, x: Tensor) -> Tensor:
    values = (
        weights[f"{name}.{each}"] for each in ("running_mean", "running_var", "weight", "bias")
    )
    return functional.batch_norm(x, *values)


def vectors(weights: Weights, windows: Tensor) -> Tensor:
    """Unit vectors of windows (n, 40, frames), written down once more."""
    x, inception = windows, "encoder.model.0.conv_k2.model.0.weight" in weights
    for place in range(4):
        if not inception:
            x = functional.conv1d(x, weights[f"encoder.model.{3 * place}.weight"], None, 2, 1)
            x = functional.relu(norm(weights, f"encoder.model.{3 * place + 1}", x))
            continue
        maps = []
        for kernel, padding in ((2, 1), (3, 1), (5, 2), (7, 3)):
            name = f"encoder.model.{place}.conv_k{kernel}.model"
            y = functional.conv1d(x, weights[f"{name}.0.weight"], None, 2, padding)
            maps.append(functional.relu(norm(weights, f"{name}.1", y)))
        if maps[0].shape[2] > maps[1].shape[2]:
            maps[0] = maps[0][:, :, :-1]
        x = torch.cat(maps, 1)
    last = f"encoder.model.{4 if inception else 12}"
    x = functional.conv1d(x, weights[f"{last}.weight"], weights[f"{last}.bias"], 2, 1)
    return functional.normalize(functional.avg_pool1d(x, x.shape[2]).flatten(1))


def feature(weights: Weights, clip: np.ndarray) -> np.ndarray:
    """The published face feature of a clip (frames, 40)."""
    mel = torch.from_numpy(clip).T
    count = 1 + (mel.shape[1] - 125) // 63
    found = vectors(weights, torch.stack([mel[:, i * 63 : i * 63 + 125] for i in range(count)]))
    if "encoder.attn_fuser.attention.linear_in.weight" not in weights:
        return found.mean(0).numpy()
    queries = functional.linear(found, weights["encoder.attn_fuser.attention.linear_in.weight"])
    mixed = torch.softmax(torch.mm(queries, found.t()), -1) @ found
    both = torch.cat((mixed, queries), 1)
    outputs = functional.linear(both, weights["encoder.attn_fuser.attention.linear_out.weight"])
    return functional.normalize(outputs.mean(0, keepdim=True))[0].numpy()


def gate(x: Tensor) -> Tensor:
    half = x.shape[1] // 2
    return x[:, :half] * torch.sigmoid(x[:, half:])


def picture(weights: Weights, vector: np.ndarray, size: int) -> np.ndarray:
    """The published picture (size, size, 3), normalised as for ImageNet."""
    x = functional.linear(torch.from_numpy(vector)[None], weights["decoder.fc.0.weight"])
    x = gate(norm(weights, "decoder.fc.1", x)).view(1, 512, 4, 4)
    two_sizes = "decoder.gnet_mid.0.weight" in weights
    blocks = [f"decoder.{'up_low_layers' if two_sizes else 'up_layers'}.{i}" for i in range(4)]
    gnet = "decoder.gnet_low" if two_sizes else "decoder.gnet"
    if size == 128:
        blocks, gnet = [*blocks, "decoder.up_mid_layer"], "decoder.gnet_mid"
    for block in blocks:
        x = x.repeat_interleave(2, 2).repeat_interleave(2, 3)
        x = functional.conv2d(x, weights[f"{block}.1.weight"], padding=1)
        x = gate(norm(weights, f"{block}.2", x))
    x = functional.conv2d(x, weights[f"{gnet}.0.weight"], weights[f"{gnet}.0.bias"], padding=1)
    x = torch.where(x > 0, x, 0.01 * x)
    x = functional.conv2d(x, weights[f"{gnet}.2.weight"], weights[f"{gnet}.2.bias"])
    return x[0].permute(1, 2, 0).numpy()


def clip(frames: int) -> np.ndarray:
    return np.random.default_rng(3).normal(size=(frames, 40)).astype(np.float32)


def some_feature() -> np.ndarray:
    return np.random.default_rng(4).normal(size=512).astype(np.float32) / 512**0.5


def pooled(encoder: VoiceEncoder, features: np.ndarray) -> np.ndarray:
    """As a board does it: trunk on each window, attention or mean, unit length."""
    starts = range(0, len(features) - encoder.frames + 1, encoder.step_frames)
    windows = np.stack([features[start : start + encoder.frames] for start in starts])
    found = encoder.trunk(windows[:, None])
    if encoder.unit_vectors or (encoder.attention and encoder.attention.unit_vectors):
        found = found / np.linalg.norm(found, axis=1, keepdims=True)
    if encoder.attention:
        assert not encoder.attention.tanh
        queries = found @ encoder.attention.inputs.T
        scores = np.exp(queries @ found.T)
        mixed = scores / scores.sum(1, keepdims=True) @ found
        found = np.concatenate([mixed, queries], 1) @ encoder.attention.outputs.T
    result = found.mean(0)
    return result / np.linalg.norm(result) if encoder.unit_feature else result


def test_the_weights_have_the_published_number_of_parameters() -> None:
    assert parameters(encoder_weights(True, True)) == 5_634_624
    assert parameters(decoder_weights(False)) == 11_566_083


def test_a_file_is_recognised_as_voice_and_face(fused: Path) -> None:
    checkpoint = read_checkpoint(fused)
    assert checkpoint.wrapping == ("model_state", "module.")
    match = sf2f.recognise(checkpoint)
    assert match is not None
    assert (match.role, match.also) == ("voice", ("face",))
    assert "inception blocks" in match.reason
    assert "with fuser" in match.reason


def test_a_decoder_alone_is_a_face(folder: Path) -> None:
    checkpoint = read_checkpoint(saved(folder / "decoder.pt", decoder_weights(True)))
    match = sf2f.recognise(checkpoint)
    assert match is not None
    assert (match.role, match.also) == ("face", ())
    assert "64 and 128 pixels" in match.reason


def test_other_weights_are_not_recognised(folder: Path) -> None:
    other = {"encoder.model.0.weight": torch.zeros(256, 64, 3)}
    assert sf2f.recognise(read_checkpoint(saved(folder / "other.pt", other))) is None


@pytest.mark.parametrize("inception", [True, False])
@pytest.mark.parametrize("fuser", [True, False])
@pytest.mark.parametrize("frames", [125, 125 + 3 * 63 + 40])
def test_windows_and_fusion_are_the_published_ones(
    folder: Path, inception: bool, fuser: bool, frames: int
) -> None:
    weights = encoder_weights(inception, fuser)
    checkpoint = read_checkpoint(saved(folder / "encoder.pt", weights))
    encoder = sf2f.voice(checkpoint, RECIPE)
    assert (encoder.frames, encoder.step_frames) == (125, 63)
    assert encoder.front_end.name == "sf2f-logmel40"
    assert (encoder.attention is not None) == fuser
    assert encoder.published is not None
    features = clip(frames)
    expected = feature(weights, features)
    np.testing.assert_allclose(encoder.published(features), expected, atol=1e-6)
    np.testing.assert_allclose(pooled(encoder, features), expected, atol=1e-5)


def test_a_window_of_an_even_number_of_frames_loses_the_frame_too_much(folder: Path) -> None:
    weights = encoder_weights(True, False)
    checkpoint = read_checkpoint(saved(folder / "even.pt", weights))
    encoder = sf2f.voice(checkpoint, VoiceRecipe(checkpoint="x", window_s=1.515, step_s=0.5))
    assert (encoder.frames, encoder.step_frames) == (150, 50)
    window = clip(150)
    expected = vectors(weights, torch.from_numpy(window).T[None])[0].numpy()
    np.testing.assert_allclose(pooled(encoder, window), expected, atol=1e-5)


def test_a_clip_shorter_than_a_window_is_taken_as_it_is(first_stage: Path) -> None:
    encoder = sf2f.voice(read_checkpoint(first_stage), RECIPE)
    assert encoder.published is not None
    short = clip(100)
    weights = encoder_weights(True, False)
    expected = vectors(weights, torch.from_numpy(short).T[None])[0].numpy()
    np.testing.assert_allclose(encoder.published(short), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("two_sizes", "asked", "size"), [(False, 0, 64), (True, 0, 128), (True, 64, 64)]
)
def test_the_picture_is_the_published_one(
    fused: Path, first_stage: Path, two_sizes: bool, asked: int, size: int
) -> None:
    checkpoint = read_checkpoint(first_stage if two_sizes else fused)
    decoder = sf2f.face(checkpoint, FaceRecipe(size=asked))
    vector = some_feature()
    expected = picture(decoder_weights(two_sizes), vector, size) * STD + MEAN
    assert decoder.published is not None
    got = decoder.picture(vector[None])[0]
    assert got.shape == (size, size, 3)
    np.testing.assert_allclose(decoder.published(vector)[0], expected, atol=1e-6)
    np.testing.assert_allclose(got, expected, atol=1e-5)


def test_a_recipe_says_what_the_values_mean(fused: Path) -> None:
    decoder = sf2f.face(read_checkpoint(fused), FaceRecipe(picture="-1..1"))
    vector = some_feature()
    expected = (picture(decoder_weights(False), vector, 64) + 1) / 2
    np.testing.assert_allclose(decoder.picture(vector[None])[0], expected, atol=1e-5)


def test_a_size_that_the_decoder_does_not_make_is_refused(fused: Path, first_stage: Path) -> None:
    with pytest.raises(UsageError, match="64 pixels, not 128"):
        sf2f.face(read_checkpoint(fused), FaceRecipe(size=128))
    with pytest.raises(UsageError, match="64 or 128 pixels, not 224"):
        sf2f.face(read_checkpoint(first_stage), FaceRecipe(size=224))


def test_differences_are_listed_by_name(folder: Path) -> None:
    weights = encoder_weights(True, True)
    del weights["encoder.model.1.conv_k5.model.1.bias"]
    weights["encoder.attn_fuser.attention_2.linear_in.weight"] = torch.zeros(2, 2)
    checkpoint = read_checkpoint(saved(folder / "damaged.pt", weights))
    with pytest.raises(CheckpointError) as refused:
        sf2f.voice(checkpoint, RECIPE)
    assert "Missing: model.1.conv_k5.model.1.bias." in str(refused.value)
    assert "Superfluous: attn_fuser.attention_2.linear_in.weight." in str(refused.value)


def test_weights_of_neither_part_are_refused(folder: Path) -> None:
    weights = decoder_weights(False) | {"discriminator.weight": torch.zeros(2)}
    checkpoint = read_checkpoint(saved(folder / "strange.pt", weights))
    with pytest.raises(CheckpointError, match=r"neither the encoder's.*discriminator\.weight"):
        sf2f.face(checkpoint, FaceRecipe())


def test_there_are_no_attributes(fused: Path) -> None:
    with pytest.raises(UsageError, match="no attributes"):
        sf2f.attribute(read_checkpoint(fused), AttributeRecipe(name="age"))


def test_the_layouts_are_those_of_the_files() -> None:
    expected = encoder_weights(True, True) | decoder_weights(False)
    got = sf2f.layouts()["inception encoder with fuser, decoder of 64 pixels"]
    assert got == {name: tuple(value.shape) for name, value in expected.items()}
