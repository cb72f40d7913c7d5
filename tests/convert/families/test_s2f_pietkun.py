"""Kacper-Pietkun/Speech-to-face: the published weights, by their names, in narrow copies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from families.weights import Builder, Weights, saved
from torch.nn import functional

from convert.architectures.pietkun import DecoderSizes
from convert.architectures.speech2face import Sizes
from convert.checkpoints.checkpoint import Checkpoint
from convert.checkpoints.reader import read_checkpoint
from convert.errors import CheckpointError
from convert.families import s2f_pietkun
from convert.nets.net import relative_error
from convert.recipe import FaceRecipe, VoiceRecipe
from edge.errors import UsageError

SIZES = Sizes(channels=(4, 4, 6, 6, 6, 8, 8, 8, 8), bins=41, feature=16)
DECODER = DecoderSizes(
    feature=16, shared=(14, 12), landmarks=(10, 9, 8), texture=(8, 7, 6, 5, 4), start=2
)
RECIPE = VoiceRecipe(checkpoint="voice.pt")


def voice_weights(sizes: Sizes = SIZES) -> Weights:
    made = Builder(seed=1)
    pairs = zip(sizes.inputs, sizes.channels, strict=True)
    for number, (inputs, outputs) in enumerate(pairs, 1):
        made.layer(f"layer{number}.0", outputs, inputs, 4, 4, bias=True)
        made.norm(f"layer{number}.{3 if number == 9 else 2}", outputs)
    made.layer("layer10.1", sizes.feature, sizes.channels[-1] * sizes.rows, bias=True)
    made.layer("layer11.0", sizes.feature, sizes.feature, bias=True)
    return made.weights


def face_weights() -> Weights:
    made = Builder(seed=2)
    for place, (inputs, outputs) in enumerate([(16, 14), (14, 12)]):
        made.layer(f"pre_layers.{place}.0", outputs, inputs, bias=True)
        made.norm(f"pre_layers.{place}.1", outputs)
    for place, (inputs, outputs) in enumerate([(12, 10), (10, 9), (9, 8)]):
        made.layer(f"landmark_layers.{place}.0", outputs, inputs, bias=True)
        made.norm(f"landmark_layers.{place}.1", outputs)
    made.layer("landmark_layers.3.0", 144, 8, bias=True)
    made.layer("texture_layers.0.0", 8 * 2 * 2, 12, bias=True)
    for name, shape in {"1.1": (8, 7), "2.0": (7, 6), "3.0": (6, 5), "4.0": (5, 4)}.items():
        made.transposed(f"texture_layers.{name}", *shape, 5, 5)
    made.layer("texture_layers.5.0", 3, 4, 1, 1, bias=True)
    return made.weights


@pytest.fixture(scope="module")
def voice_file(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    path = tmp_path_factory.mktemp("pietkun") / "voice.pt"
    return read_checkpoint(saved(path, {"model_state_dict": voice_weights(), "epoch": 3}))


@pytest.fixture(scope="module")
def face_file(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    path = tmp_path_factory.mktemp("pietkun") / "face.pt"
    return read_checkpoint(saved(path, {"model_state_dict": face_weights()}))


def normalised(x: torch.Tensor, weights: Weights, name: str) -> torch.Tensor:
    parts = ("running_mean", "running_var", "weight", "bias")
    return functional.batch_norm(x, *(weights[f"{name}.{part}"] for part in parts))


def feature_as_written(features: np.ndarray) -> np.ndarray:
    """The published encoder of `(frames, bins, 2)`, written down once more."""
    weights = voice_weights()
    x = torch.from_numpy(features).permute(2, 1, 0)[None]
    for number in range(1, 10):
        name = f"layer{number}.0"
        stride = 2 if number > 7 else 1
        x = functional.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], stride)
        x = x.mean(3, keepdim=True) if number == 9 else x
        x = normalised(functional.relu(x), weights, f"layer{number}.{3 if number == 9 else 2}")
        x = functional.max_pool2d(x, (1, 2)) if number in (3, 4, 5, 6) else x
    x = x.flatten(1)
    for name in ("layer10.1", "layer11.0"):
        x = functional.relu(
            functional.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])
        )
    return x[0].numpy()


def face_as_written(feature: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The published decoder of `(feature,)`, written down once more."""
    weights = face_weights()

    def dense(x: torch.Tensor, name: str) -> torch.Tensor:
        return functional.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

    shared = torch.from_numpy(feature)[None]
    for name in ("pre_layers.0", "pre_layers.1"):
        shared = functional.relu(normalised(dense(shared, f"{name}.0"), weights, f"{name}.1"))
    points = shared
    for name in ("landmark_layers.0", "landmark_layers.1", "landmark_layers.2"):
        points = functional.relu(normalised(dense(points, f"{name}.0"), weights, f"{name}.1"))
    points = dense(points, "landmark_layers.3.0")
    texture = functional.relu(dense(shared, "texture_layers.0.0")).view(1, 8, 2, 2)
    for name in ("1.1", "2.0", "3.0", "4.0"):
        weight, bias = (weights[f"texture_layers.{name}.{part}"] for part in ("weight", "bias"))
        texture = functional.relu(functional.conv_transpose2d(texture, weight, bias, 2, 2, 1))
    last = (weights[f"texture_layers.5.0.{part}"] for part in ("weight", "bias"))
    texture = functional.conv2d(texture, *last)
    return texture[0].permute(1, 2, 0).numpy(), points.view(72, 2).numpy()


def clip(frames: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((frames, 41, 2)).astype(np.float32)


def test_a_clip_of_one_window_gives_the_published_feature(voice_file: Checkpoint) -> None:
    encoder = s2f_pietkun.voice(voice_file, RECIPE, SIZES)
    features = clip(encoder.frames)
    expected = feature_as_written(features)
    assert encoder.published is not None
    assert encoder.head is not None
    assert relative_error(expected, encoder.published(features)) < 1e-5
    assert relative_error(expected, encoder.head(encoder.trunk(features[None]))[0]) < 1e-5


def test_three_windows_give_the_feature_of_601_frames(voice_file: Checkpoint) -> None:
    encoder = s2f_pietkun.voice(voice_file, RECIPE, SIZES)
    assert (encoder.frames, encoder.step_frames) == (323, 128)
    features = clip(601)
    windows = np.stack([features[i * 128 : i * 128 + 323] for i in range(3)])
    assert encoder.head is not None
    got = encoder.head(encoder.trunk(windows).mean(0, keepdims=True))[0]
    assert relative_error(feature_as_written(features), got) < 1e-5


@pytest.mark.parametrize(
    ("named", "expected"),
    [("", "s2f-magnitude-phase-601"), ("s2f-complex-601", "s2f-complex-601")],
)
def test_the_front_end_is_the_programs_unless_the_recipe_names_one(
    voice_file: Checkpoint, named: str, expected: str
) -> None:
    recipe = VoiceRecipe(checkpoint="voice.pt", front_end=named)
    front_end = s2f_pietkun.voice(voice_file, recipe, SIZES).front_end
    assert front_end.name == expected
    assert not front_end.bins_first


def test_strides_set_the_window(voice_file: Checkpoint) -> None:
    recipe = VoiceRecipe(checkpoint="voice.pt", strides=4)
    encoder = s2f_pietkun.voice(voice_file, recipe, SIZES)
    assert (encoder.frames, encoder.step_frames) == (451, 256)
    assert (encoder.receptive_field_frames, encoder.stride_frames) == (259, 64)
    assert encoder.trunk.input_shape == (1, 451, 41, 2)


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ({"window_s": 2.0}, "window_s"),
        ({"bins_first": True}, "bins_first"),
        ({"strides": 99}, "26"),
    ],
)
def test_a_setting_without_a_use_is_refused(
    voice_file: Checkpoint, setting: dict[str, object], named: str
) -> None:
    with pytest.raises(UsageError, match=named):
        s2f_pietkun.voice(voice_file, VoiceRecipe(checkpoint="voice.pt", **setting), SIZES)


def test_the_decoder_gives_the_published_picture_and_landmarks(face_file: Checkpoint) -> None:
    decoder = s2f_pietkun.face(face_file, FaceRecipe(), DECODER)
    feature = np.random.default_rng(4).standard_normal(16).astype(np.float32)
    texture, points = face_as_written(feature)
    picture = 1 / (1 + np.exp(-texture))
    assert decoder.published is not None
    assert decoder.shared is not None
    assert decoder.landmarks is not None
    published = decoder.published(feature)
    assert relative_error(picture, published[0]) < 1e-5
    assert published[1] is not None
    assert relative_error(points, published[1]) < 1e-5
    shared = decoder.shared(feature[None])
    assert decoder.picture(shared).shape == (1, 32, 32, 3)
    assert relative_error(picture, decoder.picture(shared)[0]) < 1e-5
    assert relative_error(points, decoder.landmarks(shared).reshape(72, 2)) < 1e-5
    assert decoder.scheme == "face-recognition-72"


@pytest.mark.parametrize(
    ("word", "value"),
    [("0..1", lambda t: t), ("-1..1", lambda t: t / 2 + 0.5), ("0..255", lambda t: t / 255)],
)
def test_the_recipe_says_what_the_textures_values_are(face_file, word: str, value) -> None:
    decoder = s2f_pietkun.face(face_file, FaceRecipe(picture=word), DECODER)
    feature = np.random.default_rng(5).standard_normal(16).astype(np.float32)
    expected = value(face_as_written(feature)[0])
    assert decoder.shared is not None
    got = decoder.picture(decoder.shared(feature[None]))[0]
    assert relative_error(expected, got) < 1e-5


def test_a_size_that_the_decoder_does_not_have_is_refused(face_file: Checkpoint) -> None:
    with pytest.raises(UsageError, match="32 pixels"):
        s2f_pietkun.face(face_file, FaceRecipe(size=64), DECODER)


def test_a_narrow_file_is_refused_with_every_shape_by_name(voice_file: Checkpoint) -> None:
    with pytest.raises(CheckpointError, match=r"layer1\.0\.weight \(4, 2, 4, 4\) instead of"):
        s2f_pietkun.voice(voice_file, RECIPE)


def test_missing_and_superfluous_keys_are_named(tmp_path: Path) -> None:
    weights = voice_weights()
    weights["layer12.0.weight"] = weights.pop("layer11.0.weight")
    file = read_checkpoint(saved(tmp_path / "voice.pt", {"model_state_dict": weights}))
    with pytest.raises(CheckpointError, match=r"Missing: layer11\.0\.weight.*layer12\.0\.weight"):
        s2f_pietkun.voice(file, RECIPE, SIZES)


def test_published_shapes_are_recognised(face_file: Checkpoint) -> None:
    published = s2f_pietkun.layouts()
    zero = np.array(0, np.float32)
    for what, role in (("voice encoder", "voice"), ("face decoder", "face")):
        tensors = {n: np.broadcast_to(zero, shape) for n, shape in published[what].items()}
        match = s2f_pietkun.recognise(Checkpoint(Path("file.pt"), "pytorch", "0" * 64, tensors))
        assert match is not None
        assert match.role == role
    other = Checkpoint(Path("file.pt"), "pytorch", "0" * 64, {"conv1.weight": zero})
    assert s2f_pietkun.recognise(other) is None


def test_the_published_names_and_shapes_are_those_that_were_read() -> None:
    published = s2f_pietkun.layouts()
    voice, face = published["voice encoder"], published["face decoder"]
    assert voice["layer8.0.weight"] == (512, 512, 4, 4)
    assert voice["layer9.3.running_mean"] == (512,)
    assert voice["layer10.1.weight"] == (4096, 29184)
    assert face["pre_layers.1.0.weight"] == (2048, 3072)
    assert face["landmark_layers.3.0.weight"] == (144, 256)
    assert face["texture_layers.0.0.weight"] == (50176, 2048)
    assert face["texture_layers.1.1.weight"] == (256, 128, 5, 5)
    assert face["texture_layers.5.0.weight"] == (3, 32, 1, 1)
