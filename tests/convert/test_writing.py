"""A bundle appears whole, or what was there stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from convert.errors import ConvertError
from convert.writing import json_bytes, require_place, write_folder
from edge.errors import UsageError


def test_a_folder_replaces_another(tmp_path: Path) -> None:
    write_folder({"a": b"1", "deep/b": b"2"}, tmp_path / "out")
    write_folder({"c": b"3"}, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").rglob("*")] == ["c"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_full_disk_leaves_the_old_one(tmp_path: Path, monkeypatch) -> None:
    write_folder({"a": b"old"}, tmp_path / "out")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ConvertError, match="No space left on device"):
        write_folder({"a": b"new"}, tmp_path / "out")
    assert (tmp_path / "out" / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_only_a_bundle_is_replaced(tmp_path: Path) -> None:
    require_place(tmp_path / "new")
    (tmp_path / "letters.txt").write_text("kept")
    with pytest.raises(UsageError, match="is no bundle"):
        require_place(tmp_path)
    (tmp_path / "bundle.json").write_text("{}")
    require_place(tmp_path)


def test_json_does_not_depend_on_the_order_of_keys() -> None:
    assert json_bytes({"b": 1, "a": 2}) == json_bytes({"a": 2, "b": 1})
