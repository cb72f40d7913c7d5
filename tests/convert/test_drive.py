"""A drive is checked, and can do without an attribute."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from convert.drive import read_array, read_drive
from convert.errors import CheckpointError
from edge.errors import UsageError

DRIVE = Path(__file__).parents[2] / "convert" / "recipes" / "reference" / "drive.json"


def test_what_an_attribute_moves_is_left_out_with_it() -> None:
    whole = read_drive(DRIVE, frozenset())
    less = read_drive(DRIVE, frozenset({"gender"}))
    assert {drive.attribute for drive in whole.file.drives} == {"gender", "age"}
    assert {drive.attribute for drive in less.file.drives} == {"age"}
    assert (whole.file.styles is None, less.file.styles is None) == (False, True)
    assert (whole.file.vocal_tract is None, less.file.vocal_tract is None) == (False, True)
    assert set(whole.files) == {"identity.npy", "styles.npy"}
    assert set(less.files) == {"identity.npy"}
    assert less.file.parameters == whole.file.parameters


def test_an_unknown_key_is_refused(tmp_path: Path) -> None:
    drive = json.loads(DRIVE.read_text())
    (tmp_path / "drive.json").write_text(json.dumps({**drive, "moods": []}))
    with pytest.raises(UsageError, match="unknown field `moods`"):
        read_drive(tmp_path / "drive.json", frozenset())


def test_axes_that_are_not_there_are_named(tmp_path: Path) -> None:
    (tmp_path / "drive.json").write_bytes(DRIVE.read_bytes())
    with pytest.raises(UsageError, match=r"identity\.npy cannot be read"):
        read_drive(tmp_path / "drive.json", frozenset())


def test_tables_come_as_csv_or_npy(tmp_path: Path) -> None:
    points = np.array([[1, 2], [3, 4.5]], np.float32)
    np.save(tmp_path / "a.npy", points)
    (tmp_path / "a.csv").write_text("1,2\n3,4.5\n")
    for name in ("a.npy", "a.csv"):
        np.testing.assert_array_equal(read_array(tmp_path / name, 2), points)


@pytest.mark.parametrize("text", ["1,2,3\n", "a,b\n", "1,nan\n", ""])
def test_other_tables_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(CheckpointError, match=r"a\.csv"):
        read_array(tmp_path / "a.csv", 2)
