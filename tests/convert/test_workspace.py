"""An interrupted build continues with what is still true, and with nothing half-written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convert.errors import ConvertError
from convert.workspace import Workspace, key
from edge.errors import UsageError


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "bundle.work")


def never() -> bytes:
    raise AssertionError("made again")


def test_what_was_made_is_found_again(workspace: Workspace) -> None:
    assert workspace.content("trunk.tflite", key("a"), lambda: b"made") == b"made"
    assert workspace.content("trunk.tflite", key("a"), never) == b"made"


def test_other_inputs_make_it_again(workspace: Workspace) -> None:
    workspace.content("trunk.tflite", key("a", 1), lambda: b"old")
    assert workspace.content("trunk.tflite", key("a", 2), lambda: b"new") == b"new"


def test_a_key_goes_by_the_values_of_arrays() -> None:
    long = np.zeros(10_000, np.float32)
    other = long.copy()
    other[5_000] = 1
    assert key("a", long) == key("a", long.copy())
    assert len({key("a", long), key("a", other), key("a", long[:-1]), key("a")}) == 4


def test_features_of_speech_are_nobody_elses(workspace: Workspace) -> None:
    assert workspace.folder.stat().st_mode & 0o077 == 0


def test_arrays_come_back_as_they_were(workspace: Workspace) -> None:
    arrays = {"features": np.arange(6, dtype=np.float32).reshape(2, 3), "steps": np.array(["a"])}
    for _ in range(2):
        back = workspace.arrays("examples", key("x"), lambda: arrays)
        np.testing.assert_array_equal(back["features"], arrays["features"])
        assert back["steps"].tolist() == ["a"]


def test_a_step_that_was_stopped_leaves_nothing(workspace: Workspace) -> None:
    def stopped() -> bytes:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workspace.content("face.tflite", key("x"), stopped)
    assert workspace.content("face.tflite", key("x"), lambda: b"whole") == b"whole"


def test_two_builds_do_not_share_a_folder(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="Another build works in"):
        Workspace(workspace.folder)
    workspace.close(remove=False)
    Workspace(workspace.folder).close(remove=True)
    assert not workspace.folder.exists()


def test_a_full_disk_is_one_sentence(workspace: Workspace, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("convert.workspace.replace_file", full)
    with pytest.raises(ConvertError, match=r"No space left on device.*continues where it was"):
        workspace.content("trunk.tflite", key("x"), lambda: b"made")


def test_a_place_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConvertError, match="cannot be made"):
        Workspace(tmp_path / "file" / "bundle.work")
