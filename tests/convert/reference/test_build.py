"""A bundle built from tiny networks loads as the board loads it, and resists damage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from convert.reference.build import build
from convert.reference.golden import golden_sound
from tiny_networks import Decoder, Encoder, uniform
from torch import nn

from convert.certificate.check import check
from convert.errors import ConvertError
from convert.reference import drives
from convert.reference.face.parameters import NAMES, table
from convert.reference.identity import Voices
from convert.reference.ingredients import VOICE_FILES, Ingredients, part, read_ingredients
from edge.errors import BundleError, UsageError
from edge.face.drive import FaceDrive
from edge.inference.bundle import Bundle, load_bundle
from edge.voice.estimate import Choice, Estimate, Quantity
from edge.voice.listener import Heard

RATE = {"rate": 0.9, "n": 20, "interval": [0.7, 0.97]}
ROW = {"forced": RATE, "coverage": RATE, "answers": RATE}
AGE = {
    "n": 20,
    "given": 0.9,
    "interval_covers": 0.8,
    "interval_width": 30.0,
    "mean_absolute_error": 7.25,
    "error_of_the_median_age": 8.5,
}


def evaluation() -> dict[str, Any]:
    gender = {
        "adults": ROW,
        "adults_with_doubtful_labels": ROW,
        "adults_by_gender": {"female": ROW, "male": ROW},
        "adults_by_corpus": {"librispeech": ROW},
        "adults_by_decade": {"20s": ROW, "80s": {**ROW, "forced": {"n": 0}}},
        "children_withheld": RATE,
        "adults_taken_for_children": RATE,
        "calibration_error": 0.0421,
    }
    age = {"all": AGE, "by_corpus": {"librispeech": AGE}, "by_decade": {"20s": AGE}}
    at = {"gender": gender, "age": age}
    return {"speakers": 123, "1s": at, "3s": at, "6s": at}


def voices(seed: int) -> Voices:
    chance = np.random.default_rng(seed)
    speaker = np.repeat([f"s{i}" for i in range(40)], 2)
    own = np.repeat(chance.normal(size=(40, 8)), 2, axis=0)
    return Voices(own + 0.3 * chance.normal(size=(80, 8)), speaker, chance.normal(size=(80, 2)))


def windows() -> np.ndarray:
    """Features that differ as those of speech do: in level and in the slope over the bands."""
    chance = np.random.default_rng(3)
    slope = chance.normal(size=(50, 1, 1, 1)) * np.linspace(-1, 1, 64)[:, None]
    level = chance.normal(size=(50, 1, 1, 1))
    return (level + slope + 0.3 * chance.normal(size=(50, 98, 64, 1))).astype(np.float32)


@pytest.fixture(scope="module")
def ingredients() -> Ingredients:
    torch.manual_seed(0)
    spread = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    return Ingredients(
        parts={
            "trunk": part(Encoder(16), windows()),
            "head": part(nn.Linear(16, 8), uniform(50, 16)),
            "gender": part(nn.Sequential(nn.ReLU(), nn.Linear(8, 3)), spread),
            "age": part(nn.Sequential(nn.ReLU(), nn.Linear(8, 34)), spread),
            "face": part(Decoder(len(NAMES)), uniform(50, len(NAMES))),
        },
        calibration={
            "gender": {
                "classes": ["female", "male", "child"],
                "temperature": 1.2,
                "threshold": 0.8,
                "child_above": 0.2,
            },
            "age": {
                "bins": {"first": 5.0, "width": 2.5, "count": 34},
                "temperature": 1.0,
                "low_quantile": 0.1,
                "high_quantile": 0.9,
                "coverage": 0.81,
                "widest": 50.0,
            },
        },
        evaluation=evaluation(),
        tract={
            "female": {"median_cm": 15.0, "deviation_cm": 1.0},
            "male": {"median_cm": 17.0, "deviation_cm": 1.2},
        },
        fitted=voices(0),
        unseen=voices(1),
        parameters=table(),
        measures={
            "names": ["nasal_index"],
            "weights": [[0.5] * len(NAMES)],
            "bias": [60.0],
            "r_squared": [0.9],
        },
        face_evaluation={
            "psnr": 28.4,
            "ssim": 0.876,
            "eyes_psnr": 24.3,
            "dark_skin_psnr": 27.6,
        },
        sources={"voice.pt": "0" * 64, "face.pt": "1" * 64},
        people={"librispeech": {"train": 164, "calibration": 16, "test": 25}},
    )


@pytest.fixture(scope="module")
def built(ingredients: Ingredients, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bundles") / "reference"
    build(ingredients, out)
    return out


@pytest.fixture(scope="module")
def bundle(built: Path) -> Bundle:
    return load_bundle(built)


def test_the_bundle_is_whole(bundle: Bundle) -> None:
    manifest = bundle.manifest
    assert [attribute.name for attribute in manifest.attributes] == ["gender", "age"]
    assert manifest.absent == {"ethnicity": "not in this bundle"}
    assert not any(attribute.sensitive for attribute in manifest.attributes)
    assert manifest.voice.dimensions == 8
    assert manifest.face.size == 16
    assert {"certificate.json", "certificate.html", "MODEL_CARD.md"} <= set(manifest.files)


@pytest.mark.parametrize("name", ["trunk.tflite", "identity.npy", "MODEL_CARD.md"])
def test_a_flipped_byte_is_refused(built: Path, tmp_path: Path, name: str) -> None:
    for file in (path for path in built.rglob("*") if path.is_file()):
        copy = tmp_path / file.relative_to(built)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    damaged = bytearray((tmp_path / name).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / name).write_bytes(bytes(damaged))
    with pytest.raises(BundleError, match=name):
        load_bundle(tmp_path)


def test_the_card_has_the_measured_numbers(bundle: Bundle) -> None:
    card = bundle.contents["MODEL_CARD.md"].decode()
    for number in ("123 speakers", "90.0% [70%–97%]", "28.4 dB", "0.042", "7.2 years", "164"):
        assert number in card
    assert "$" not in card
    assert "80s" not in card


def test_the_certificate_names_every_model(bundle: Bundle) -> None:
    certificate = json.loads(bundle.contents["certificate.json"])
    assert set(certificate["models"]) == {"trunk", "head", "gender", "age", "face"}


def test_the_models_pass_again_on_this_machine(bundle: Bundle) -> None:
    report = check(bundle)
    assert set(report["models"]) == {"trunk", "head", "gender", "age", "face"}
    for model in report["models"].values():
        assert len(model["ms"]) == 2
        assert model["mean_steps_apart"] <= 1


def heard(gender: dict[str, float], years: float, seed: int = 0) -> Heard:
    value = max(gender, key=lambda name: gender[name])
    feature = np.random.default_rng(seed).normal(size=8).astype(np.float32)
    estimate = Estimate(
        evidence_s=6.0,
        attributes={
            "gender": Choice(value, gender[value], gender),
            "age": Quantity(years, years - 10, years + 10, "years", 0.8),
        },
        craniofacial={},
        feature=feature,
        bundle="reference",
        bundle_sha256="",
        front_end="reference-logmel64",
        runtime="",
    )
    return Heard(estimate, None)


def test_estimates_move_the_face(bundle: Bundle) -> None:
    drive, place = FaceDrive(bundle), {name: i for i, name in enumerate(NAMES)}
    woman = drive(heard({"female": 1.0, "male": 0.0, "child": 0.0}, 25))
    man = drive(heard({"female": 0.0, "male": 1.0, "child": 0.0}, 80))
    unsure = drive(heard({"female": 0.5, "male": 0.5, "child": 0.0}, 80))
    assert (woman[place["gender"]], man[place["gender"]]) == (0, 1)
    assert unsure[place["gender"]] == pytest.approx(0.5)
    assert man[place["age"]] > woman[place["age"]] + 0.3
    assert man[place["hair_grey"]] > 0.9 > woman[place["hair_grey"]]
    for name in ("african", "asian", "caucasian"):
        assert woman[place[name]] == man[place[name]] == pytest.approx(1 / 3)
    hair = [place[f"hair_{style}"] for style in drives.HAIR_STYLES]
    assert sum(woman[hair]) == sum(man[hair]) == 1


def test_two_voices_get_two_faces_and_one_voice_keeps_its_own(bundle: Bundle) -> None:
    drive, scores = FaceDrive(bundle), {"female": 1.0, "male": 0.0, "child": 0.0}
    one, again, other = (drive(heard(scores, 30, seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0.1


def test_only_a_bundle_is_replaced(ingredients: Ingredients, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("kept")
    with pytest.raises(ConvertError, match="no bundle"):
        build(ingredients, tmp_path)
    assert (tmp_path / "letters.txt").read_text() == "kept"


def test_missing_work_names_the_stage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no voice.pt.*reference voice"):
        read_ingredients(tmp_path, tmp_path)


def test_work_that_is_older_than_the_checkpoint_is_refused(tmp_path: Path) -> None:
    import os

    for name in VOICE_FILES:
        (tmp_path / name).write_bytes(b"")
    os.utime(tmp_path / "embeddings.npz", (1, 1))
    with pytest.raises(UsageError, match=r"newer than embeddings.npz"):
        read_ingredients(tmp_path, tmp_path)


def test_the_golden_sound_fills_the_band() -> None:
    sound = golden_sound(16000)
    assert sound.dtype == np.float32
    assert np.abs(sound).max() == pytest.approx(0.5)
    power = np.abs(np.fft.rfft(sound)) ** 2
    bands = [power[low : low + 1000].sum() for low in range(100, 7800, 1000)]
    assert min(bands) > 1e-4 * max(bands)
