"""Families are found by name and by what a file holds, and are imported when asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from families.weights import saved

import convert.families.registry as registry
from convert.checkpoints.reader import read_checkpoint
from convert.families.registry import FAMILIES, Recognised, family, recognise
from edge.errors import UsageError

VOICE_AND_FACE = {
    "encoder.model.0.weight": torch.zeros(256, 40, 3),
    "decoder.up_layers.0.1.weight": torch.zeros(512, 512, 3, 3),
}


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were two families."""
    monkeypatch.setattr(registry, "FAMILIES", {"wen-2019": "wen_2019", "sf2f": "sf2f"})


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_found_by_its_name(name: str) -> None:
    found = family(name)
    assert found.NAME == name  # noqa: SIM300 (a constant in name only)
    assert found.SUMMARY


def test_an_unknown_family_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"no family 'wen'\. Known: .*sf2f.*wen-2019"):
        family("wen")


def test_nothing_heavy_is_imported_before_it_is_asked_for() -> None:
    code = (
        "import sys, convert.families_command, convert.families.registry;"
        "sys.exit(bool({'torch', 'tensorflow', 'h5py', 'onnx'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.usefixtures("two")
def test_a_file_with_voice_and_face_is_recognised_as_both(tmp_path: Path) -> None:
    found = recognise(read_checkpoint(saved(tmp_path / "both.pt", VOICE_AND_FACE)))
    assert [(each.family, each.match.role) for each in found] == [
        ("sf2f", "voice"),
        ("sf2f", "face"),
    ]
    assert isinstance(found[0], Recognised)
    assert found[0].match.reason == found[1].match.reason


@pytest.mark.usefixtures("two")
def test_a_file_of_another_kind_is_not_recognised(tmp_path: Path) -> None:
    path = saved(tmp_path / "other.pt", {"layer.weight": torch.zeros(2, 2)})
    assert recognise(read_checkpoint(path)) == []
