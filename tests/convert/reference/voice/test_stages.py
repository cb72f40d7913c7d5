"""The stages in their order, through the command line, on a corpus of buzzes made here."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from convert.reference.voice import lessons
from convert.reference.voice.cli import add_commands
from convert.reference.voice.network import from_checkpoint
from convert.reference.voice.prepare import load_speech
from convert.reference.voice.splits import save_split
from convert.reference.voice.train import learning_rate
from edge.errors import UsageError
from edge.inference.bundle import reference_path

SPEAKERS = [("female", 25, 210.0), ("male", 40, 110.0), ("female", 8, 290.0)]


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers(required=True))
    arguments = parser.parse_args(["voice", *words])
    return int(arguments.run(arguments))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    corpus = tmp_path / "data" / "speechocean762"
    corpus.mkdir(parents=True)
    rows = ["file,speaker,gender,age,accent"]
    time = np.arange(4 * 16000) / 16000
    for number in range(12):
        gender, age, hz = SPEAKERS[number % 3]
        pitch = hz * (1 + 0.02 * np.sin(2 * np.pi * 3 * time)) * (1 + 0.01 * number)
        phase = 2 * np.pi * np.cumsum(pitch) / 16000
        sound = sum(0.1 / k * np.sin(k * phase) for k in range(1, 16))
        soundfile.write(corpus / f"{number}.flac", sound, 16000)
        rows.append(f"{number}.flac,s{number},{gender},{age},")
    (corpus / "metadata.csv").write_text("\n".join(rows))
    return tmp_path / "data"


def test_from_recordings_to_calibrated_answers(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lessons, "WINDOWS_PER_STEP", 8)
    work = tmp_path / "work"
    common = ("--work", str(work))
    assert run("prepare", *common, "--data", str(data), "--processes", "1") == 0
    assert len(load_speech(work).utterances) == 12
    # In the place of the teacher, whose weights come with another package.
    taught = np.random.default_rng(0).standard_normal((12, 256)).astype(np.float32)
    np.save(work / "teacher.npy", taught)
    save_split({"train": [0, 1, 2, 3, 4, 5], "calibration": [6, 7, 8], "test": [9, 10, 11]}, work)
    assert run("train", *common, "--steps", "2") == 0
    first = from_checkpoint(work / "voice.pt")
    assert run("train", *common, "--steps", "3", "--resume") == 0
    second = from_checkpoint(work / "voice.pt")
    assert not torch.equal(first.head.gender.weight, second.head.gender.weight)
    assert torch.load(work / "training.pt", weights_only=True)["step"] == 3

    assert run("calibrate", *common) == 0
    assert run("evaluate", *common) == 0
    report = json.loads((work / "evaluation.json").read_text())
    assert report["speakers"] == 3
    assert report["3s"]["gender"]["children_withheld"]["n"] == 1
    assert report["3s"]["gender"]["adults"]["forced"]["n"] == 2
    assert report["3s"]["age"]["all"]["n"] == 3
    assert report["networks"] == "float networks"
    assert run("evaluate", *common, "--bundle", str(reference_path())) == 0
    again = json.loads((work / "evaluation.json").read_text())
    assert again["networks"].startswith("int8 models of the bundle reference")

    assert run("examples", *common) == 0
    rows = np.load(work / "embeddings.npz")
    assert rows["embedding"].shape == (len(rows["speaker"]), 256)
    assert set(rows["part"]) == {"train", "calibration", "test"}

    assert run("tract", *common) == 0
    tracts = json.loads((work / "tract.json").read_text())
    assert set(tracts) == {"female", "male", "child"}


@pytest.mark.parametrize("stage", ["teach", "train", "calibrate", "evaluate", "examples", "tract"])
def test_a_stage_says_which_one_comes_before(stage: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Run the stage 'prepare' first"):
        run(stage, "--work", str(tmp_path))


def test_learning_rate_rises_then_falls() -> None:
    rates = [learning_rate(step, 1000) for step in range(0, 1001, 50)]
    assert rates[0] < rates[3] > rates[10] > rates[-1] > 0
