"""What is no checkpoint is told what it is instead."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from convert.checkpoints.reader import read_checkpoint
from convert.errors import CheckpointError

POINTER = "version https://git-lfs.example/spec/v1\noid sha256:abc\nsize 592251904\n"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("face.pth", b"\x89PNG\r\n\x1a\n" + bytes(50), "a PNG picture"),
        ("face.pth", b"\xff\xd8\xff\xe0" + bytes(50), "a JPEG picture"),
        ("voice.pth", POINTER.encode(), "Git LFS pointer, not the file itself. Run `git lfs pull`"),
        ("voice.pth", b"<!DOCTYPE html><title>Sign in</title>", "a web page.*login"),
        ("voice.onnx", b"\n<html><body>Sign in", "a web page.*login"),
        ("voice.h5", b"%PDF-1.7", "a PDF document"),
        ("voice.tar", bytes(257) + b"ustar" + bytes(250), "a tar archive: unpack it first"),
        ("voice.pth.gz", b"\x1f\x8b\x08" + bytes(50), "a gzip archive: unpack it first"),
        ("weights.npy", b"\x93NUMPY\x01\x00", "a NumPy array"),
        ("model.bin", b"\x20\x00\x00\x00TFL3" + bytes(50), "a TFLite model: it is converted"),
        ("recipe.toml", b"[voice]\ncheckpoint = 'x'\n", "a text file"),
        ("voice.pth", b"", "is empty"),
        ("voice.pth", bytes(100), "no checkpoint that is known here"),
    ],
)
def test_a_mislabelled_file_is_told_what_it_is(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=reason):
        read_checkpoint(tmp_path / name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"There is no checkpoint .*voice\.pth"):
        read_checkpoint(tmp_path / "voice.pth")


def test_a_folder_that_is_no_saved_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no SavedModel: it has no saved_model\.pb"):
        read_checkpoint(tmp_path)


def test_a_zip_of_something_else_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.writestr("photo.jpg", b"x")
    with pytest.raises(CheckpointError, match="without a checkpoint's parts"):
        read_checkpoint(tmp_path / "photos.zip")
