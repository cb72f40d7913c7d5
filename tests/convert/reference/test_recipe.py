"""The reference recipe holds what the work folders hold, and moves the face as it says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from convert.checkpoints.reader import read_checkpoint
from convert.drive import read_drive
from convert.families import reference as family
from convert.golden import golden_sound
from convert.recipe import FaceRecipe, VoiceRecipe, load_recipe
from convert.reference import drives
from convert.reference.face.network import FaceDecoder
from convert.reference.face.parameters import NAMES, table
from convert.reference.identity import Voices
from convert.reference.ingredients import VOICE_FILES, Ingredients, read_ingredients
from convert.reference.recipe import write_recipe
from convert.reference.voice.network import VoiceNetwork
from edge.errors import UsageError
from edge.face.drive import FaceDrive
from edge.inference.bundle import Bundle
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
    return {"speakers": 123, "networks": "float networks", "1s": at, "3s": at, "6s": at}


def voices(seed: int) -> Voices:
    chance = np.random.default_rng(seed)
    speaker = np.repeat([f"s{i}" for i in range(40)], 2)
    own = np.repeat(chance.normal(size=(40, 8)), 2, axis=0)
    return Voices(own + 0.3 * chance.normal(size=(80, 8)), speaker, chance.normal(size=(80, 2)))


@pytest.fixture(scope="module")
def ingredients() -> Ingredients:
    return Ingredients(
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
        people={"librispeech": {"train": 164, "calibration": 16, "test": 25}},
        face_size=128,
    )


@pytest.fixture(scope="module")
def written(ingredients: Ingredients, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    out = tmp_path_factory.mktemp("recipes") / "reference"
    write_recipe(ingredients, {"voice": VoiceNetwork(), "face": FaceDecoder()}, out)
    return out


def test_the_recipe_is_valid_and_has_the_calibration(written: Path) -> None:
    recipe = load_recipe(written / "recipe.toml")
    gender, age = recipe.attributes
    assert gender.classes == ("female", "male", "child")
    assert (gender.temperature, gender.threshold, gender.withheld[0].above) == (1.2, 0.8, 0.2)
    assert age.bins is not None
    assert (age.bins.count, age.coverage, age.unit) == (34, 0.81, "years")
    assert recipe.absent == {"ethnicity": "not in this bundle"}


def test_the_checkpoints_are_of_the_family(written: Path) -> None:
    voice, face = (read_checkpoint(written / f"{name}.pt") for name in ("voice", "face"))
    assert family.voice(voice, VoiceRecipe(checkpoint="x")).frames == 98
    assert family.face(face, FaceRecipe()).picture.input_shape == (1, len(NAMES))


def test_the_drive_is_whole(written: Path) -> None:
    drive = read_drive(written / "drive.json", frozenset())
    assert [parameter.name for parameter in drive.file.parameters] == list(NAMES)
    assert set(drive.files) == {"identity.npy", "styles.npy"}
    assert np.load(written / "examples.npy").shape[1] == len(NAMES)


def test_the_card_has_the_measured_numbers(written: Path) -> None:
    card = (written / "MODEL_CARD.md").read_text()
    for number in ("123 speakers", "90.0% [70%–97%]", "28.4 dB", "0.042", "7.2 years", "164"):
        assert number in card
    assert "float networks" in card
    assert "$" not in card
    assert "80s" not in card


def heard(gender: dict[str, float], years: float, seed: int = 0) -> Heard:
    value = max(gender, key=lambda name: gender[name])
    feature = np.random.default_rng(seed).normal(size=256).astype(np.float32)
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


def test_estimates_move_the_face(reference: Bundle) -> None:
    drive, place = FaceDrive(reference), {name: i for i, name in enumerate(NAMES)}
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


def test_two_voices_get_two_faces_and_one_voice_keeps_its_own(reference: Bundle) -> None:
    drive, scores = FaceDrive(reference), {"female": 1.0, "male": 0.0, "child": 0.0}
    one, again, other = (drive(heard(scores, 30, seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0.1


def test_missing_work_names_the_stage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no voice.pt.*reference voice"):
        read_ingredients(tmp_path, tmp_path)


def test_work_that_is_older_than_the_checkpoint_is_refused(tmp_path: Path) -> None:
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
