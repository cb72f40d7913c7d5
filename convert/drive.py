"""How estimates move the parameters of a face decoder, as a recipe gives it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from convert.errors import CheckpointError
from convert.nets.net import Floats
from edge.errors import UsageError
from edge.inference.manifest import (
    ChoiceDrive,
    Identity,
    Measures,
    Parameter,
    QuantityDrive,
    Styles,
    VocalTract,
)


class DriveFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The parts of `edge.inference.manifest.Face` that go with named parameters. The axes are
    files beside this one."""

    parameters: tuple[Parameter, ...]
    drives: tuple[ChoiceDrive | QuantityDrive, ...] = ()
    identity: Identity | None = None
    styles: Styles | None = None
    vocal_tract: VocalTract | None = None
    measures: Measures | None = None


@dataclass(frozen=True)
class Drive:
    """A drive and the files that it needs in the bundle."""

    file: DriveFile
    files: Mapping[str, bytes]

    @property
    def parts(self) -> dict[str, Any]:
        """As the fields of `Face`."""
        return {name: getattr(self.file, name) for name in self.file.__struct_fields__}


def read_drive(path: Path, without: frozenset[str]) -> Drive:
    """The drive in a JSON file, less what moves the face by the attributes in `without`.

    Raises UsageError.
    """
    try:
        file = msgspec.json.decode(path.read_bytes(), type=DriveFile)
    except OSError as error:
        raise UsageError(f"The drive {path} cannot be read: {error.strerror}.") from error
    except msgspec.DecodeError as error:
        raise UsageError(f"The drive {path} is not what a bundle takes: {error}.") from error
    kept = msgspec.structs.replace(
        file,
        drives=tuple(drive for drive in file.drives if drive.attribute not in without),
        styles=file.styles if file.styles and file.styles.attribute not in without else None,
        vocal_tract=(
            file.vocal_tract
            if file.vocal_tract and file.vocal_tract.attribute not in without
            else None
        ),
    )
    axes = [part.axes for part in (kept.identity, kept.styles) if part]
    return Drive(kept, {name: _bytes(path.parent / name) for name in axes})


def read_array(path: Path, columns: int) -> Floats:
    """A table of numbers `(n, columns) float32` from `.npy` or CSV. Raises CheckpointError."""
    try:
        if path.suffix == ".npy":
            array = np.load(path, allow_pickle=False)
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # an empty file is only warned of
                array = np.loadtxt(path, delimiter=",", ndmin=2)
    except (OSError, ValueError, EOFError, UserWarning) as error:
        raise CheckpointError(f"{path} is no table of numbers: {error}.") from error
    if array.ndim != 2 or array.shape[1] != columns or not np.all(np.isfinite(array)):
        raise CheckpointError(
            f"{path} has the shape {array.shape} or values that are not numbers; "
            f"(n, {columns}) is wanted."
        )
    return np.asarray(array, np.float32)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
