"""The paper's encoder from PyTorch and from Keras, by name; once at full size."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from families.weights import Builder, Weights, saved
from torch import nn

from convert.architectures.speech2face import STRIDES, Sizes
from convert.checkpoints.checkpoint import Checkpoint
from convert.checkpoints.reader import read_checkpoint
from convert.errors import CheckpointError
from convert.families import s2f_paper
from convert.families.family import VoiceEncoder
from convert.nets.net import relative_error
from convert.recipe import FaceRecipe, VoiceRecipe
from edge.errors import UsageError

SIZES = Sizes(channels=(4, 4, 6, 6, 6, 8, 8, 8, 8), bins=41, feature=16)
RECIPE = VoiceRecipe(checkpoint="voice.pt", strides=2)


def weights(sizes: Sizes = SIZES) -> Weights:
    made = Builder(seed=1)
    for number, (inputs, outputs) in enumerate(zip(sizes.inputs, sizes.channels, strict=True), 1):
        made.layer(f"conv{number}", outputs, inputs, 4, 4, bias=True)
        made.norm(f"bn{number}", outputs)
    made.layer("fc1", sizes.feature, sizes.channels[-1] * sizes.rows, bias=True)
    made.layer("fc2", sizes.feature, sizes.feature, bias=True)
    return made.weights


def sequential(sizes: Sizes = SIZES) -> nn.Sequential:
    """The paper's network as one would write it down in PyTorch."""
    layers: list[nn.Module] = []
    for place, (inputs, outputs) in enumerate(zip(sizes.inputs, sizes.channels, strict=True)):
        layers.append(nn.Conv2d(inputs, outputs, 4, STRIDES[place]))
        layers += [nn.AdaptiveAvgPool2d((1, None))] if place == 8 else []
        layers += [nn.ReLU(), nn.BatchNorm2d(outputs)]
        layers += [nn.MaxPool2d((2, 1))] if place in (2, 3, 4, 5) else []
    flat = sizes.channels[-1] * sizes.rows
    layers += [nn.Flatten(), nn.Linear(flat, sizes.feature), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes.feature, sizes.feature)).eval()


def clip(frames: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((frames, 41, 2)).astype(np.float32)


def in_memory(tensors: Weights) -> Checkpoint:
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    return Checkpoint(Path("voice.pt"), "pytorch", "0" * 64, arrays)


def cut(encoder: VoiceEncoder, features: np.ndarray) -> np.ndarray:
    """The feature of one window by trunk and head."""
    assert encoder.head is not None
    return encoder.head(encoder.trunk(features[None]))[0]


def filled_sequential() -> nn.Sequential:
    """The sequential network with the weights of `weights`."""
    network, ours = sequential(), list(weights().values())
    state = dict(zip(network.state_dict(), ours, strict=True))
    network.load_state_dict(state)
    return network


def test_a_state_dict_gives_the_papers_feature() -> None:
    encoder = s2f_paper.voice(in_memory(weights()), RECIPE, SIZES)
    features = clip(323)
    with torch.no_grad():
        expected = filled_sequential()(torch.from_numpy(features).permute(2, 0, 1)[None])[0].numpy()
    assert encoder.published is not None
    assert relative_error(expected, encoder.published(features)) < 1e-5
    assert relative_error(expected, cut(encoder, features)) < 1e-5
    assert encoder.front_end.name == "s2f-complex"
    assert (encoder.frames, encoder.step_frames) == (323, 128)


def test_it_streams_by_itself_as_often_as_it_can() -> None:
    encoder = s2f_paper.voice(in_memory(weights()), VoiceRecipe(checkpoint="voice.pt"), SIZES)
    assert encoder.stream
    assert (encoder.frames, encoder.step_frames) == (259, 64)
    whole = VoiceRecipe(checkpoint="voice.pt", stream=False)
    assert s2f_paper.voice(in_memory(weights()), whole, SIZES).frames == 323


def test_names_by_number_alone_are_taken_by_their_order(tmp_path: Path) -> None:
    file = read_checkpoint(saved(tmp_path / "voice.pt", filled_sequential().state_dict()))
    features = clip(323)
    expected = cut(s2f_paper.voice(in_memory(weights()), RECIPE, SIZES), features)
    got = cut(s2f_paper.voice(file, RECIPE, SIZES), features)
    np.testing.assert_array_equal(got, expected)


def test_names_that_say_no_order_are_refused() -> None:
    tensors = {
        name.replace("conv4", "middle.conv4").replace("conv", "c"): tensor
        for name, tensor in weights().items()
    }
    with pytest.raises(CheckpointError, match=r"Missing: conv1\.weight.*Superfluous: c1\.weight"):
        s2f_paper.voice(in_memory(tensors), RECIPE, SIZES)


def test_missing_superfluous_and_misshapen_keys_are_named() -> None:
    tensors = weights()
    tensors["bn3.scale"] = tensors.pop("bn3.weight")
    tensors["fc2.bias"] = torch.zeros(17)
    with pytest.raises(CheckpointError) as refusal:
        s2f_paper.voice(in_memory(tensors), RECIPE, SIZES)
    text = str(refusal.value)
    assert "Missing: bn3.weight." in text
    assert "Superfluous: bn3.scale." in text
    assert "Of another shape: fc2.bias (17,) instead of (16,)." in text


def test_a_missing_layer_of_a_sequence_is_refused() -> None:
    network = filled_sequential()
    last = f"{len(network) - 1}."
    state = network.state_dict()
    short = {name: value for name, value in state.items() if not name.startswith(last)}
    with pytest.raises(CheckpointError, match="fc number 2"):
        s2f_paper.voice(in_memory(short), RECIPE, SIZES)


@pytest.fixture(scope="module")
def keras_model() -> Any:
    """The Keras program's network, narrow, after others in the same session."""
    import keras

    keras.utils.set_random_seed(5)
    keras.layers.Conv2D(1, 1)
    x = entrance = keras.layers.Input((323, 41, 2))
    for place, channels in enumerate(SIZES.channels):
        last = place == 8
        activation = None if last else "relu"
        x = keras.layers.Conv2D(channels, 4, STRIDES[place], activation=activation)(x)
        if last:
            x = keras.layers.AveragePooling2D((2, 1), 1)(x)
            x = keras.layers.ReLU()(x)
        x = keras.layers.BatchNormalization()(x)
        if place in (2, 3, 4, 5):
            x = keras.layers.MaxPool2D((2, 1), (2, 1))(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(SIZES.feature, activation="relu")(x)
    model = keras.Model(entrance, keras.layers.Dense(SIZES.feature)(x))
    random = np.random.default_rng(6)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            shapes = [w.shape for w in layer.get_weights()]
            layer.set_weights([random.uniform(0.3, 1.5, shape) for shape in shapes])
    return model


@pytest.fixture(scope="module")
def keras_file(keras_model: Any, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    path = tmp_path_factory.mktemp("keras") / "final.weights.h5"
    keras_model.save_weights(path)
    return read_checkpoint(path)


def test_keras_weights_give_keras_feature(keras_model: Any, keras_file: Checkpoint) -> None:
    encoder = s2f_paper.voice(keras_file, RECIPE, SIZES)
    features = clip(323)
    expected = np.asarray(keras_model(features[None]))[0]
    assert encoder.published is not None
    assert relative_error(expected, encoder.published(features)) < 1e-5
    assert relative_error(expected, cut(encoder, features)) < 1e-5
    assert encoder.front_end.name == "s2f-magnitude-phase"


def renumbered(checkpoint: Checkpoint, by: int) -> Checkpoint:
    """The layers' numbers as in a session that has made as many layers before."""

    def new(name: str) -> str:
        layer, part = name.split("/")
        kind, _, number = layer.rpartition("_") if layer[-1].isdigit() else (layer, "", "0")
        return f"{kind}_{int(number) + by}/{part}"

    tensors = {new(name): array for name, array in checkpoint.tensors.items()}
    return Checkpoint(checkpoint.path, checkpoint.kind, checkpoint.sha256, tensors)


@pytest.mark.parametrize("by", [3, 98])
def test_keras_layers_may_be_numbered_from_anywhere(keras_file: Checkpoint, by: int) -> None:
    features = clip(323)
    expected = cut(s2f_paper.voice(keras_file, RECIPE, SIZES), features)
    got = cut(s2f_paper.voice(renumbered(keras_file, by), RECIPE, SIZES), features)
    np.testing.assert_array_equal(got, expected)


def test_keras_weights_that_do_not_fit_are_named_as_in_the_file(keras_file: Checkpoint) -> None:
    tensors = dict(renumbered(keras_file, 20).tensors)
    tensors["dense_20/kernel"] = tensors["dense_20/kernel"][1:]
    tensors["conv2d_99/bias"] = tensors.pop("batch_normalization_23/gamma")
    broken = Checkpoint(keras_file.path, "keras-weights", "0" * 64, tensors)
    with pytest.raises(CheckpointError) as refusal:
        s2f_paper.voice(broken, RECIPE, SIZES)
    text = str(refusal.value)
    assert "Missing: batch_normalization_23/gamma." in text
    assert "Superfluous: conv2d_99/bias." in text
    assert "dense_20/kernel (23, 16) instead of (24, 16)" in text


def test_a_recipe_names_another_front_end(keras_file: Checkpoint) -> None:
    recipe = VoiceRecipe(checkpoint="x.h5", front_end="s2f-complex")
    assert s2f_paper.voice(keras_file, recipe, SIZES).front_end.name == "s2f-complex"


@pytest.mark.parametrize("kind", ["natural", "sequence", "keras"])
def test_published_shapes_are_recognised(kind: str) -> None:
    zero = np.array(0, np.float32)
    shapes = dict(s2f_paper.layouts()["voice encoder"])
    if kind == "sequence":
        with torch.device("meta"):
            shapes = {n: tuple(v.shape) for n, v in sequential(Sizes()).state_dict().items()}
    if kind == "keras":
        ours = [name for name in shapes if not name.endswith("tracked")]
        layers = {
            "conv": [f"conv2d_{i}" for i in range(9, 18)],
            "bn": [f"batch_normalization_{i}" for i in range(9, 18)],
            "fc": ["dense_2", "dense_3"],
        }
        order = {4: (2, 3, 1, 0), 2: (1, 0), 1: (0,)}
        shapes = {
            their: tuple(shapes[our][axis] for axis in order[len(shapes[our])])
            for our, their in s2f_paper.theirs(ours, layers, keras=True).items()
        }
    tensors = {name: np.broadcast_to(zero, shape) for name, shape in shapes.items()}
    match = s2f_paper.recognise(
        Checkpoint(Path("f"), "keras-weights" if kind == "keras" else "pytorch", "0" * 64, tensors)
    )
    assert match is not None
    assert match.role == "voice"


def test_other_files_are_not_recognised() -> None:
    zero = np.array(0, np.float32)
    for names in ({}, {"conv1.weight": (64, 2, 4, 4)}, {"model.0.weight": (256, 64, 3)}):
        tensors = {name: np.broadcast_to(zero, shape) for name, shape in names.items()}
        file = Checkpoint(Path("f"), "pytorch", "0" * 64, tensors)
        assert s2f_paper.recognise(file) is None


def test_a_file_without_decoder_says_which_one_it_takes() -> None:
    with pytest.raises(UsageError, match="pre_layers, landmark_layers and texture_layers"):
        s2f_paper.face(in_memory(weights()), FaceRecipe())


FULL_SIZE = """
import resource, sys
import numpy as np
from pathlib import Path
from convert.checkpoints.checkpoint import Checkpoint
from convert.families import s2f_paper
from convert.nets.net import relative_error
from convert.recipe import VoiceRecipe

random = np.random.default_rng(0)
tensors = {}
for name, shape in s2f_paper.layouts()["voice encoder"].items():
    if len(shape) > 1:
        values = random.standard_normal(shape, np.float32)
        values *= (2 / np.prod(shape[1:])) ** 0.5
    elif name.endswith("running_var"):
        values = random.random(shape, np.float32) + np.float32(0.5)
    elif name.startswith("bn") and name.endswith(".weight"):
        values = random.random(shape, np.float32) + np.float32(0.5)
    else:
        values = random.standard_normal(shape, np.float32) * np.float32(0.1)
    tensors[name] = np.asarray(values)
size = sum(array.nbytes for name, array in tensors.items())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
encoder = s2f_paper.voice(
    Checkpoint(Path("voice.pt"), "pytorch", "0" * 64, tensors),
    VoiceRecipe(checkpoint="voice.pt", strides=2),
)
built = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
clip = random.standard_normal((323, 257, 2), np.float32)
expected = encoder.published(clip)
got = encoder.head(encoder.trunk(clip[None]))[0]
print(size, built - before, relative_error(expected, got), expected.shape[0], expected.std())
"""


def test_at_full_size_trunk_and_head_agree_with_the_checkpoint() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_SIZE], capture_output=True, text=True, check=True
    )
    size, kilobytes, error, dimensions, spread = map(float, done.stdout.split())
    assert size > 148_062_976 * 4
    assert kilobytes < 2e6
    assert error < 1e-4
    assert dimensions == 4096
    assert spread > 0
