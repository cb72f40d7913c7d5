"""What wrote a file, told from its first bytes: a name can be wrong, and often is by accident."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Literal

from convert.errors import CheckpointError

Format = Literal["pytorch", "pytorch-legacy", "safetensors", "hdf5", "keras", "saved-model", "onnx"]

MOST_BYTES = 4 * 1024**3
"""that a checkpoint may claim to hold: seven times the largest one known here"""

_HEAD = 512
_TORCH_MAGIC = b"l\xfc\x9cF\xf9 j\xa8P\x19"
"""0x1950a86a20f9469cfc6c in a pickle: how torch.save began its files before version 1.6"""

_OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG", "a PNG picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"%PDF", "a PDF document"),
    (0, b"RIFF", "a WAV or WebP file"),
    (0, b"fLaC", "a FLAC sound"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"\x1f\x8b", "a gzip archive: unpack it first"),
    (0, b"7z\xbc\xaf", "a 7z archive: unpack it first"),
    (0, b"Rar!", "a RAR archive: unpack it first"),
    (257, b"ustar", "a tar archive: unpack it first"),
    (4, b"TFL3", "a TFLite model: it is converted already, and `s2f-convert check` takes it"),
)
"""offset, bytes, what such a file is"""


def file_format(path: Path) -> Format:
    """The format of a file or folder. Raises CheckpointError that says what it is instead."""
    if path.is_dir():
        if not (path / "saved_model.pb").is_file():
            raise CheckpointError(
                f"{path} is a folder, and no SavedModel: it has no saved_model.pb. "
                "Name the checkpoint's file."
            )
        return "saved-model"
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except FileNotFoundError:
        raise CheckpointError(f"There is no checkpoint {path}. Check the path.") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}.") from error
    if not head:
        raise CheckpointError(f"{path} is empty. Copy or download it again.")
    if head.startswith(b"PK\x03\x04"):
        return _zip_format(path)
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "hdf5"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < path.stat().st_size:
        return "safetensors"
    if head.startswith(b"\x80"):
        return _pickle_format(path, head)
    _refuse_others(path, head)
    if path.suffix.lower() == ".onnx":
        return "onnx"  # a protobuf has no signature of its own
    raise CheckpointError(
        f"{path} is no checkpoint that is known here. Give a PyTorch, safetensors, Keras or ONNX "
        "file (an ONNX file must end in .onnx)."
    )


def _zip_format(path: Path) -> Format:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} is damaged or cut off: {error}. Copy or download it again."
        ) from error
    claimed = sum(entry.file_size for entry in entries)
    if claimed > MOST_BYTES:
        raise CheckpointError(
            f"{path} claims to unpack to {claimed / 1e9:,.1f} GB; up to "
            f"{MOST_BYTES / 1e9:.1f} GB are read."
        )
    names = {entry.filename for entry in entries}
    if any(name.endswith("constants.pkl") for name in names):
        raise CheckpointError(
            f"{path} is a TorchScript program, not a state_dict. Save the weights alone: "
            "`torch.save(torch.jit.load(…).state_dict(), …)`."
        )
    if any(name.rpartition("/")[2] == "data.pkl" for name in names):
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise CheckpointError(
                f"{path} is compressed inside, which torch.save never does. Save it again with "
                "torch.save."
            )
        return "pytorch"
    if {"config.json", "model.weights.h5"} <= names:
        return "keras"
    raise CheckpointError(
        f"{path} is a zip archive without a checkpoint's parts. Unpack it, and name the file in it."
    )


def _pickle_format(path: Path, head: bytes) -> Format:
    if _TORCH_MAGIC in head[:32]:
        return "pytorch-legacy"
    raise CheckpointError(
        f"{path} is a pickle that torch.save did not write, and may run code when it is opened. "
        "Where it was made, save its weights with `torch.save(state_dict, …)`."
    )


def _refuse_others(path: Path, head: bytes) -> None:
    text = head.lstrip().lower()
    if text.startswith(b"version https://git-lfs"):
        raise CheckpointError(
            f"{path} is a Git LFS pointer, not the file itself. Run `git lfs pull` where it "
            "comes from."
        )
    if text.startswith((b"<!doctype html", b"<html", b"<head")):
        raise CheckpointError(
            f"{path} is a web page, not a checkpoint: a login or a notice was saved in its place. "
            "Download it again, signed in."
        )
    for offset, signature, what in _OTHERS:
        if head[offset:].startswith(signature):
            raise CheckpointError(f"{path} is no checkpoint but {what}.")
    if path.suffix.lower() != ".onnx" and all(byte >= 32 or byte in b"\t\n\r" for byte in head):
        raise CheckpointError(f"{path} is a text file, not a checkpoint.")
