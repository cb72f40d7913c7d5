"""Every family: a checkpoint with the published names and shapes becomes a bundle for all
targets, whose float features are those of the checkpoint, and the board draws a face with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import soundfile
import torch
from keras import layers
from torch import nn

from convert.build import Order, build
from convert.certificate.certificate import Limits
from convert.families.registry import family
from convert.gate.op_gate import inspect
from edge.inference.bundle import Bundle, load_bundle
from edge.inference.engine import Engine
from edge.inference.manifest import models
from edge.voice.encoder import StreamingEncoder
from edge.voice.features import ChunkFeatures
from edge.voice.trunk import trunk, window_frames

TARGETS = ("cpu", "coral", "jetson")
OFTEN = {"strides": 1}
"""the smallest windows of the paper's encoder: 35 thousand million multiplications each"""
ANYTHING = Limits(cosine=0.0, agreement=0.0)
"""random weights lose more than trained ones: what is lost is not tested here"""


def random_weights(shapes: Mapping[str, tuple[int, ...]], seed: int = 0) -> dict[str, torch.Tensor]:
    """Weights of these shapes whose outputs are about as large as their inputs."""
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for name, shape in shapes.items():
        values = torch.empty(shape)
        if name.endswith("running_var") or (len(shape) == 1 and name.endswith(".weight")):
            values.uniform_(0.5, 1.5, generator=generator)
        elif len(shape) > 1:
            fan_in = values[0].numel()
            values.normal_(0, (2 / fan_in) ** 0.5, generator=generator)
        else:
            values.normal_(0, 0.1, generator=generator)
        weights[name] = values
    return weights


class Picture(nn.Module):
    """A plain decoder of a face feature: `(1, n)` → `(1, 3, 32, 32)`."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.dense = nn.Linear(inputs, 12 * 8 * 8)
        self.up = nn.Sequential(
            nn.ConvTranspose2d(12, 10, 4, 2, 1),
            nn.ReLU(),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(10, 3, 3, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.up(torch.relu(self.dense(x)).view(-1, 12, 8, 8))


def onnx_file(module: nn.Module, shape: tuple[int, ...], path: Path) -> str:
    torch.manual_seed(0)
    example = (torch.zeros(shape),)
    torch.onnx.export(module.eval(), example, str(path), dynamo=False, opset_version=17)
    return path.name


def keras_file(model: keras.Model, path: Path) -> str:
    model.save(path)
    return path.name


def torch_file(weights: Mapping[str, torch.Tensor], path: Path, key: str = "") -> str:
    torch.save({key: dict(weights)} if key else dict(weights), path)
    return path.name


def s2f_paper(folder: Path) -> dict[str, Any]:
    (shapes,) = family("s2f-paper").layouts().values()
    return {
        "voice": {"checkpoint": torch_file(random_weights(shapes), folder / "voice.pt"), **OFTEN},
        "face": {"checkpoint": onnx_file(Picture(4096), (1, 4096), folder / "face.onnx")},
    }


def s2f_pietkun(folder: Path) -> dict[str, Any]:
    voice, face = family("s2f-pietkun").layouts().values()
    key = "model_state_dict"
    return {
        "voice": {
            "checkpoint": torch_file(random_weights(voice), folder / "voice.pt", key),
            **OFTEN,
        },
        "face": {"checkpoint": torch_file(random_weights(face, 1), folder / "face.pt", key)},
    }


def wen_2019(folder: Path) -> dict[str, Any]:
    voice, face = family("wen-2019").layouts().values()
    return {
        "voice": {"checkpoint": torch_file(random_weights(voice), folder / "voice.pth")},
        "face": {"checkpoint": torch_file(random_weights(face, 1), folder / "face.pth")},
    }


def streamed(make: Callable[[Path], dict[str, Any]]) -> Callable[[Path], dict[str, Any]]:
    """The same recipe with a trunk that keeps its state."""

    def changed(folder: Path) -> dict[str, Any]:
        parts = make(folder)
        return {**parts, "voice": {**parts["voice"], "stream": True}}

    return changed


def sf2f(folder: Path) -> dict[str, Any]:
    layouts = family("sf2f").layouts()
    shapes = layouts["inception encoder with fuser, decoder of 128 pixels"]
    weights = {f"module.{name}": values for name, values in random_weights(shapes).items()}
    return {"voice": {"checkpoint": torch_file(weights, folder / "sf2f.pt", "model_state")}}


def onnx(folder: Path) -> dict[str, Any]:
    voice = nn.Sequential(
        nn.Conv1d(64, 16, 3, 2, 1), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten()
    )
    return {
        "voice": {
            "checkpoint": onnx_file(voice, (1, 64, 100), folder / "voice.onnx"),
            "front_end": "wen-logmel64",
        },
        "face": {"checkpoint": onnx_file(Picture(16), (1, 16), folder / "face.onnx")},
        "attributes": [
            {
                "name": "gender",
                "checkpoint": onnx_file(nn.Linear(16, 2), (1, 16), folder / "gender.onnx"),
                "classes": ["female", "male"],
                "temperature": 1.0,
            }
        ],
    }


def keras_models(folder: Path) -> dict[str, Any]:
    keras.utils.set_random_seed(0)
    voice = keras.Sequential(
        [
            keras.Input((100, 64, 1)),
            layers.Conv2D(8, 3, strides=2, activation="relu"),
            layers.BatchNormalization(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(16),
        ]
    )
    face = keras.Sequential(
        [
            keras.Input((16,)),
            layers.Dense(128, activation="relu"),
            layers.Reshape((8, 8, 2)),
            layers.Conv2DTranspose(4, 4, strides=2, padding="same", activation="relu"),
            layers.UpSampling2D(),
            layers.Conv2D(3, 3, padding="same", activation="sigmoid"),
        ]
    )
    return {
        "voice": {
            "checkpoint": keras_file(voice, folder / "voice.keras"),
            "front_end": "wen-logmel64",
        },
        "face": {"checkpoint": keras_file(face, folder / "face.keras")},
    }


@dataclass(frozen=True)
class Case:
    """A family's recipe, and what is true of its bundle."""

    make: Callable[[Path], dict[str, Any]]
    dimensions: int
    size: int
    pooling: str = "mean"
    craniofacial: bool = False
    stream: bool = False


CASES = {
    "s2f-paper": Case(s2f_paper, 4096, 32, stream=True),
    "s2f-pietkun": Case(s2f_pietkun, 4096, 224, craniofacial=True),
    "wen-2019": Case(wen_2019, 64, 64),
    "sf2f": Case(sf2f, 512, 128, pooling="attention"),
    "wen-2019-streamed": Case(streamed(wen_2019), 64, 64, stream=True),
    "sf2f-streamed": Case(streamed(sf2f), 512, 128, pooling="attention", stream=True),
    "onnx": Case(onnx, 16, 32),
    "onnx-streamed": Case(streamed(onnx), 16, 32, stream=True),
    "keras": Case(keras_models, 16, 32),
}


def recipe(folder: Path, parts: dict[str, Any]) -> Path:
    """`recipe.toml` with the parts and a little speech."""
    whole = {
        "bundle": {"name": folder.name, "licence": "CC0-1.0"},
        "face": {},
        **parts,
        "sounds": {
            "calibration": ["calibration"],
            "held_out": ["held_out"],
            "most_calibration": 2,
            "most_held_out": 2,
            "seconds": 3.2,
        },
    }
    lines = []
    for name, table in whole.items():
        for row in table if isinstance(table, list) else [table]:
            lines.append(f"[[{name}]]" if isinstance(table, list) else f"[{name}]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in row.items()]
    path = folder / "recipe.toml"
    path.write_text("\n".join(lines))
    return path


def speak(folder: Path, voices: Mapping[str, Path]) -> None:
    """Two voices to calibrate on, and later pieces of them held out."""
    for name, path in voices.items():
        sound, rate = soundfile.read(path, dtype="float32")
        for part, piece in (("calibration", sound[: 5 * rate]), ("held_out", sound[5 * rate :])):
            (folder / part).mkdir(exist_ok=True)
            soundfile.write(folder / part / f"{name}.wav", piece, rate)


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("name", CASES)
def test_a_checkpoint_becomes_a_bundle_that_the_board_runs(
    name: str, tmp_path: Path, woman: Path, man: Path, s2f_edge
) -> None:
    case = CASES[name]
    folder = tmp_path / name
    folder.mkdir()
    speak(folder, {"woman": woman, "man": man})
    out = tmp_path / "bundle"
    order = Order(recipe(folder, case.make(folder)), out, TARGETS, limits=ANYTHING)
    build(order)

    bundle = load_bundle(out)
    manifest = bundle.manifest
    assert manifest.voice.dimensions == case.dimensions
    assert manifest.face.size == case.size
    assert type(manifest.voice.pooling).__struct_config__.tag == case.pooling
    for role, model in models(manifest).items():
        assert set(model.files) == set(TARGETS)
        for target in TARGETS:
            assert inspect(bundle.model(role, target), target).refusals == (), (role, target)
    certificate = json.loads(bundle.contents["certificate.json"])
    steps = [step for of_role in certificate["steps"].values() for step in of_role]
    assert max(step["error"] for step in steps) <= 1e-4
    if not name.startswith(("onnx", "keras")):  # a graph is run as it is published
        assert "as published → cut and folded" in {step["name"] for step in steps}

    exported = {path.stem for path in (tmp_path / "bundle.report" / "onnx").iterdir()}
    unpadded = {"trunk"} if case.stream and name != "s2f-paper" else set()
    assert exported == set(models(manifest)) - {"stream"} - unpadded
    assert (manifest.voice.stream is not None) == case.stream
    if case.stream:
        _the_board_streams(bundle, woman)

    for target in TARGETS:
        done = s2f_edge(
            "render", woman, "--bundle", out, "--target", target, "--out", tmp_path, "--json"
        )
        assert done.code == 0, done.err
        (line,) = done.lines
        assert Path(line["face"]).is_file()
        assert ("nasal_index" in line["attributes"].get("craniofacial", {})) == case.craniofacial
    assert np.isfinite([way["feature"]["cosine"] for way in certificate["ways"].values()]).all()


def _the_board_streams(bundle: Bundle, voice: Path) -> None:
    """Pieces into the trunk with state give the feature of whole windows on the same features."""
    sound, rate = soundfile.read(voice, dtype="float32")
    assert rate == 16000
    part = bundle.manifest.front_end
    chunks = ChunkFeatures(bundle.front_end, part.window_samples, part.hop_samples)
    stream, window = trunk(Engine(bundle)), Engine(bundle).model("trunk")
    features = [new for piece in np.array_split(sound, 50) for new in chunks.push(piece)]
    frames, _ = window_frames(bundle)
    whole = np.concatenate(features)
    assert len(features) > 3
    end = 0
    for new in features:
        end += len(new)
        expected = window(whole[end - frames : end]).ravel()
        assert np.abs(stream(new) - expected).max() <= 2 * Engine(bundle).stream().output_step

    encoder = StreamingEncoder(Engine(bundle))
    for piece in np.array_split(sound, 7):
        encoder.push(piece)
    assert encoder.evidence_s > 5
    assert np.isfinite(encoder.feature()).all()
