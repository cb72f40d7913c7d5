"""ONNX graphs as voice encoders, face decoders and attributes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx_cases import int8_graph, normal, to_onnx
from torch import Tensor, nn

from convert.checkpoints.checkpoint import Checkpoint
from convert.checkpoints.reader import read_checkpoint
from convert.errors import CheckpointError
from convert.families import onnx_graph
from convert.nets.net import relative_error
from convert.recipe import AttributeRecipe, FaceRecipe, VoiceRecipe
from edge.errors import UsageError
from edge.face.landmarks import point_count
from edge.inference.manifest import Target

Save = Callable[..., Checkpoint]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save(module: nn.Module, *shape: int, **options: object) -> Checkpoint:
        onnx.save(to_onnx(module, *shape, **options), tmp_path / "graph.onnx")
        return read_checkpoint(tmp_path / "graph.onnx")

    return save


def voice_recipe(**settings: object) -> VoiceRecipe:
    return VoiceRecipe(checkpoint="graph.onnx", **{"front_end": "wen-logmel64", **settings})  # type: ignore[arg-type]


def sequence(channels: int = 64) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(channels, 8, 3, 2, 1),
        nn.BatchNorm1d(8),
        nn.ReLU(),
        nn.AdaptiveAvgPool1d(1),
        nn.Flatten(),
    )


def maps(height: int, width: int, channels: int = 1) -> nn.Sequential:
    size = 3 * ((height - 2) // 4) * ((width - 2) // 4)
    return nn.Sequential(
        nn.Conv2d(channels, 3, 3), nn.ReLU(), nn.AvgPool2d(4), nn.Flatten(), nn.Linear(size, 6)
    )


class Decoder(nn.Module):
    """A vector to a picture of 16 pixels and 68 points."""

    def __init__(self, last: nn.Module, *, turned: bool = False) -> None:
        super().__init__()
        self.dense, self.points = nn.Linear(6, 8 * 4 * 4), nn.Linear(6, 2 * 68)
        self.up = nn.Sequential(
            nn.ConvTranspose2d(8, 4, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(4, 3, 4, 2, 1), last
        )
        self.turned = turned

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        picture = self.up(torch.relu(self.dense(x)).view(-1, 8, 4, 4))
        return picture.permute(0, 2, 3, 1) if self.turned else picture, self.points(x)


FACE = {"output_names": ["picture", "points"]}


def test_roles_are_told_from_shapes(save: Save) -> None:
    found = onnx_graph.recognise(save(sequence(), 1, 64, 40))
    assert found is not None
    assert found.role == "voice"
    assert found.reason == "it takes (1, 64, 40), a sound's features, and gives output (1, 8)"
    found = onnx_graph.recognise(save(Decoder(nn.Tanh()), 1, 6, **FACE))
    assert found is not None
    assert found.role == "face"
    assert "gives picture (1, 3, 16, 16), a picture" in found.reason
    found = onnx_graph.recognise(save(nn.Linear(6, 2), 1, 6))
    assert found is not None
    assert found.role == "attribute"
    assert onnx_graph.recognise(save(nn.Conv2d(1, 3, 3), 1, 1, 12, 12)) is None


@pytest.mark.parametrize(
    ("module", "shape", "bins_first"),
    [
        (sequence(), (1, 64, 40), False),  # the 1-D network's channels are the bins
        (sequence(40), (1, 40, 64), True),
        (maps(40, 64), (1, 1, 40, 64), False),
        (maps(64, 40), (1, 1, 64, 40), True),
        (nn.Sequential(nn.Unflatten(1, (1, 40)), maps(40, 64)), (1, 40, 64), False),
    ],
)
def test_frames_are_told_by_the_front_end(
    save: Save, module: nn.Module, shape: tuple[int, ...], bins_first: bool
) -> None:
    encoder = onnx_graph.voice(save(module, *shape), voice_recipe())
    assert (encoder.frames, encoder.step_frames) == (40, 20)
    assert encoder.front_end.bins_first == bins_first
    assert encoder.head is None
    features = normal(*((64, 40) if bins_first else (40, 64)))
    declared = features.T if shape[1:] == features.T.shape else features
    with torch.no_grad():
        values = torch.from_numpy(np.ascontiguousarray(declared)).view(shape)
        expected = module.eval()(values).numpy()[0]
    assert encoder.published is not None
    assert relative_error(expected, encoder.published(features)) < 1e-5
    got = encoder.trunk(features.reshape(encoder.trunk.input_shape))[0]
    assert relative_error(expected, got) < 1e-5


@pytest.mark.parametrize("bins_first", [True, False])
def test_a_square_window_goes_by_the_recipe(save: Save, bins_first: bool) -> None:
    recipe = voice_recipe(bins_first=bins_first)
    two_d = onnx_graph.voice(save(maps(64, 64), 1, 1, 64, 64), recipe)
    assert two_d.front_end.bins_first == bins_first
    one_d = onnx_graph.voice(save(sequence(), 1, 64, 64), recipe)
    assert one_d.front_end.bins_first != bins_first


def test_channels_of_the_front_end_are_matched(save: Save) -> None:
    complex_ = voice_recipe(front_end="s2f-complex", step_s=0.1)
    encoder = onnx_graph.voice(save(maps(30, 257, 2), 1, 2, 30, 257), complex_)
    assert (encoder.frames, encoder.step_frames) == (30, 10)
    with pytest.raises(CheckpointError, match="s2f-complex gives 257 bins and 2 channels"):
        onnx_graph.voice(save(maps(30, 257), 1, 1, 30, 257), complex_)


def test_a_recipe_that_does_not_fit_is_refused(save: Save) -> None:
    graph = save(maps(40, 64), 1, 1, 40, 64)
    with pytest.raises(UsageError, match="Set `front_end` in"):
        onnx_graph.voice(graph, voice_recipe(front_end=""))
    with pytest.raises(CheckpointError, match="sf2f-logmel40 gives 40 bins") as refusal:
        onnx_graph.voice(save(maps(50, 64), 1, 1, 50, 64), voice_recipe(front_end="sf2f-logmel40"))
    assert "(50, 64, 1)" in str(refusal.value)
    with pytest.raises(UsageError, match="takes frames before bins"):
        onnx_graph.voice(graph, voice_recipe(bins_first=True))
    with pytest.raises(UsageError, match="no use for `window_s`"):
        onnx_graph.voice(graph, voice_recipe(window_s=1.0))
    with pytest.raises(UsageError, match="leave out speech"):
        onnx_graph.voice(graph, voice_recipe(step_s=3.0))


def test_a_dimension_that_is_not_fixed_is_named(save: Save) -> None:
    graph = save(sequence(), 1, 64, 40, dynamic_axes={"input": {0: "N", 2: "frames"}})
    found = onnx_graph.recognise(graph)
    assert found is not None
    assert found.role == "voice"
    with pytest.raises(CheckpointError, match=r"dimension 2 \('frames'\) of the input 'input'"):
        onnx_graph.voice(graph, voice_recipe())


@pytest.mark.parametrize("turned", [True, False])
@pytest.mark.parametrize(
    ("last", "word", "rgb"),
    [
        (nn.Tanh(), "", lambda x: (x + 1) / 2),
        (nn.Sigmoid(), "", lambda x: x),
        (nn.Identity(), "0..255", lambda x: x / 255),
        (nn.Identity(), "sigmoid", lambda x: 1 / (1 + np.exp(-x))),
        (
            nn.Identity(),
            "imagenet",
            lambda x: x * np.array([0.229, 0.224, 0.225]) + np.array([0.485, 0.456, 0.406]),
        ),
    ],
)
def test_pictures_become_rgb(
    save: Save, last: nn.Module, word: str, rgb: Callable[[np.ndarray], np.ndarray], turned: bool
) -> None:
    module = Decoder(last, turned=turned)
    decoder = onnx_graph.face(save(module, 1, 6, **FACE), FaceRecipe(picture=word))  # type: ignore[arg-type]
    feature = normal(6)
    with torch.no_grad():
        picture = module.eval()(torch.from_numpy(feature[None]))[0].numpy()[0]
    expected = rgb(picture if turned else picture.transpose(1, 2, 0)).astype(np.float32)
    assert relative_error(expected, decoder.picture(feature[None])[0]) < 1e-5
    assert decoder.published is not None
    assert relative_error(expected, decoder.published(feature)[0]) < 1e-5
    assert decoder.landmarks is None


@pytest.mark.parametrize("target", ["cpu", "coral"])
def test_a_decoder_with_points_passes_the_gate(save: Save, target: Target, tmp_path: Path) -> None:
    module = Decoder(nn.Tanh())
    recipe = FaceRecipe(landmarks="ibug-68", size=16)
    decoder = onnx_graph.face(save(module, 1, 6, **FACE), recipe)
    assert decoder.landmarks is not None
    assert decoder.scheme == "ibug-68"
    graph = int8_graph(decoder.picture, tmp_path / "picture", target)
    assert graph.outputs[0].shape == (1, 16, 16, 3)
    points = int8_graph(decoder.landmarks, tmp_path / "points", target)
    assert points.outputs[0].shape == (1, 2 * point_count("ibug-68"))


def test_a_face_recipe_that_does_not_fit_is_refused(save: Save) -> None:
    graph = save(Decoder(nn.Identity()), 1, 6, **FACE)
    with pytest.raises(UsageError, match="does not show what its picture's values are"):
        onnx_graph.face(graph, FaceRecipe())
    with pytest.raises(CheckpointError, match="a picture of 32 pixels is wanted"):
        onnx_graph.face(graph, FaceRecipe(picture="0..1", size=32))
    with pytest.raises(CheckpointError, match="needs one output of 144 values"):
        onnx_graph.face(graph, FaceRecipe(picture="0..1", landmarks="face-recognition-72"))


def test_a_softmax_at_the_end_of_an_attribute_is_left_out(save: Save) -> None:
    dense = nn.Linear(6, 3)
    graph = save(nn.Sequential(dense, nn.Softmax(1)), 1, 6)
    net = onnx_graph.attribute(graph, AttributeRecipe(name="gender"))
    values = normal(4, 6)
    with torch.no_grad():
        assert relative_error(dense(torch.from_numpy(values)).numpy(), net(values)) < 1e-5


def test_an_attribute_is_chosen_by_its_name(save: Save) -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gender, self.age = nn.Linear(6, 2), nn.Linear(6, 10)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return self.gender(x), self.age(x)

    graph = save(Two(), 1, 6, output_names=["gender", "age"])
    assert onnx_graph.attribute(graph, AttributeRecipe(name="age"))(normal(1, 6)).shape == (1, 10)
    with pytest.raises(CheckpointError, match="one vector is wanted, or one called 'height'"):
        onnx_graph.attribute(graph, AttributeRecipe(name="height"))
