"""`s2f-convert families` lists, recognises, and says what differs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
import torch
from families.weights import saved

import convert.families.registry as registry
from convert.errors import CheckpointError
from convert.families import wen_2019
from convert.families_command import add_command


@pytest.fixture(autouse=True)
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were two families."""
    monkeypatch.setattr(registry, "FAMILIES", {"wen-2019": "wen_2019", "sf2f": "sf2f"})


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> dict[str, torch.Tensor]:
    shapes = wen_2019.layouts()["voice embedding"]
    return {name: torch.ones(shape) for name, shape in shapes.items()}


def families(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    add_command(parser.add_subparsers())
    parsed = parser.parse_args(["families", *map(str, arguments)])
    return int(parsed.run(parsed))


def test_the_families_are_listed_with_their_summaries(capsys: pytest.CaptureFixture[str]) -> None:
    assert families() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"wen-2019     {wen_2019.SUMMARY}"
    assert len(lines) == 2
    assert families("--json") == 0
    assert json.loads(capsys.readouterr().out)["wen-2019"] == wen_2019.SUMMARY


def test_a_file_is_recognised_with_the_reason(
    voice: dict[str, torch.Tensor], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrapped = {"state_dict": {f"module.{name}": value for name, value in voice.items()}}
    path = saved(tmp_path / "voice.pth", wrapped)
    assert families(path) == 0
    words = capsys.readouterr().out
    assert "pytorch, 26 tensors, 2,670,720 parameters." in words
    assert "Taken off to reach the weights: `state_dict`, `module.`." in words
    assert "wen-2019, voice: model.0.weight is (256, 64, 3)" in words
    assert "front end wen-logmel64, windows of 318 frames, one every 160" in words
    assert "but:" not in words


def test_json_says_the_same(
    voice: dict[str, torch.Tensor], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert families(saved(tmp_path / "voice.pth", voice), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    (match,) = found["looks_like"]
    assert (match["family"], match["role"], match["problem"]) == ("wen-2019", "voice", None)
    assert (match["front_end"], match["frames"]) == ("wen-logmel64", 318)
    assert found["parameters"] == 2_670_720
    assert found["nearest"] is None


def test_a_recognised_file_that_is_not_whole_says_what_is_wrong(
    voice: dict[str, torch.Tensor], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rest = {name: value for name, value in voice.items() if name != "model.6.weight"}
    assert families(saved(tmp_path / "voice.pth", rest)) == 0
    assert "but: " in (words := capsys.readouterr().out)
    assert "Missing: model.6.weight." in words


def test_an_unknown_file_is_compared_with_the_nearest(
    voice: dict[str, torch.Tensor], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = {**voice, "model.0.weight": torch.ones(256, 80, 3)}
    path = saved(tmp_path / "voice.pth", other)
    assert families(path) == 1
    words = capsys.readouterr().out
    assert "It looks like no family that is known here." in words
    assert "Nearest: wen-2019, voice embedding. Of another shape: " in words
    assert "model.0.weight (256, 80, 3) instead of (256, 64, 3)." in words
    assert families(path, "--json") == 1
    nearest = json.loads(capsys.readouterr().out)["nearest"]
    assert (nearest["family"], nearest["network"]) == ("wen-2019", "voice embedding")
    assert 0.9 < nearest["likeness"] < 1


def test_a_file_like_none_has_no_nearest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert families(saved(tmp_path / "x.pth", {"some.weight": torch.ones(2)})) == 1
    assert "Nearest" not in capsys.readouterr().out


def test_what_is_no_checkpoint_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.pth").write_bytes(b"<html>")
    with pytest.raises(CheckpointError, match="a web page"):
        families(tmp_path / "x.pth")
