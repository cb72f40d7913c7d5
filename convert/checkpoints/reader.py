"""Read a checkpoint of any format without running anything that it contains."""

from __future__ import annotations

import hashlib
from pathlib import Path

from convert.checkpoints.checkpoint import Checkpoint
from convert.checkpoints.signature import file_format
from convert.errors import CheckpointError


def read_checkpoint(path: Path) -> Checkpoint:
    """The weights in a PyTorch, safetensors or Keras file; graphs are only looked at.

    Weights are views of what the format's library read (of the file itself where it can be
    mapped into memory). Raises CheckpointError for anything that is not a whole, harmless
    checkpoint with finite weights.
    """
    kind = file_format(path)
    sha256 = _sha256(path)
    if kind in ("pytorch", "pytorch-legacy"):
        from convert.checkpoints.pytorch import read_pytorch

        tensors, wrapping = read_pytorch(path, legacy=kind == "pytorch-legacy")
        return Checkpoint(path, "pytorch", sha256, tensors, wrapping)
    if kind == "safetensors":
        from convert.checkpoints.pytorch import read_safetensors

        tensors, wrapping = read_safetensors(path)
        return Checkpoint(path, "pytorch", sha256, tensors, wrapping)
    if kind == "hdf5":
        from convert.checkpoints.hdf5_probe import probe_hdf5
        from convert.checkpoints.keras_weights import has_architecture, read_keras_weights

        probe_hdf5(path)
        if has_architecture(path):
            return Checkpoint(path, "keras-model", sha256, {})
        tensors, wrapping = read_keras_weights(path)
        return Checkpoint(path, "keras-weights", sha256, tensors, wrapping)
    if kind == "onnx":
        from convert.checkpoints.onnx_file import check_onnx

        check_onnx(path)
        return Checkpoint(path, "onnx", sha256, {})
    return Checkpoint(path, "keras-model", sha256, {})


def _sha256(path: Path) -> str:
    """Of a file's content; of a folder's file names and contents, sorted by name."""
    try:
        if path.is_file():
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        digest = hashlib.sha256()
        for file_path in sorted(each for each in path.rglob("*") if each.is_file()):
            digest.update(f"{file_path.relative_to(path).as_posix()}\0".encode())
            with file_path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}.") from error
