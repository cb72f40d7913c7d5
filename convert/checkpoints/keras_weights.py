"""Weights by layer name from Keras' weights-only .h5 files, old layout and new.

Keras 2 lists its layers in `layer_names` and their arrays in `weight_names`. Keras 3 numbers a
layer's arrays, in the order in which the layer made them. Both become `conv2d_3/kernel`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import h5py  # type: ignore[import-untyped]
import numpy as np

from convert.checkpoints.checkpoint import Array
from convert.checkpoints.finite import require_finite
from convert.checkpoints.signature import MOST_BYTES
from convert.errors import CheckpointError

_VARIABLES = {
    ("conv1d", 2): ("kernel", "bias"),
    ("conv2d", 2): ("kernel", "bias"),
    ("conv2d_transpose", 2): ("kernel", "bias"),
    ("dense", 2): ("kernel", "bias"),
    ("conv1d", 1): ("kernel",),
    ("conv2d", 1): ("kernel",),
    ("conv2d_transpose", 1): ("kernel",),
    ("dense", 1): ("kernel",),
    ("batch_normalization", 4): ("gamma", "beta", "moving_mean", "moving_variance"),
}
"""kind of layer, how many arrays → their names in Keras 3's order"""

DEEPEST = 32
"""groups within each other; a damaged file may hold one that contains itself"""


def has_architecture(path: Path) -> bool:
    """Whether an .h5 file holds the whole model. Raises CheckpointError."""
    with _opened(path) as file:
        return "model_config" in file.attrs


def read_keras_weights(path: Path) -> tuple[Mapping[str, Array], tuple[str, ...]]:
    """Weights `layer/kernel` → float array, and the groups around them. Raises CheckpointError."""
    try:
        with _opened(path) as file:
            group: h5py.Group = file
            wrapping: tuple[str, ...] = ()
            inner = _member(file, "model_weights")
            if "layer_names" not in file.attrs and isinstance(inner, h5py.Group):
                group, wrapping = inner, ("model_weights",)
            old = "layer_names" in group.attrs
            tensors = _read(path, dict(_old(path, group) if old else _new(group)))
    except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:  # h5py's, on damage
        raise CheckpointError(
            f"{path} is damaged or cut off: {error}. Copy or download it again."
        ) from error
    if not tensors:
        raise CheckpointError(
            f"{path} is an HDF5 file without Keras weights. Save them with "
            "`model.save_weights('weights.h5')`."
        )
    require_finite(path, tensors)
    return tensors, wrapping


def _opened(path: Path) -> h5py.File:
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise CheckpointError(
            f"{path} is damaged or cut off: {error}. Copy or download it again."
        ) from error


def _old(path: Path, group: h5py.Group) -> Iterator[tuple[str, h5py.Dataset]]:
    for layer in _texts(group.attrs["layer_names"]):
        layer_group = _member(group, layer)
        names = _texts(layer_group.attrs.get("weight_names", ())) if layer_group is not None else []
        short = [name.rpartition("/")[2].partition(":")[0] for name in names]
        if len(set(short)) < len(short):  # layers within a layer
            short = [name.partition(":")[0] for name in names]
        for name, last in zip(names, short, strict=True):
            dataset = _member(layer_group, name)
            if not isinstance(dataset, h5py.Dataset):
                raise CheckpointError(f"{path} names the weights {layer}/{last}, and lacks them.")
            yield f"{layer}/{last}", dataset


def _new(group: h5py.Group, name: str = "", depth: int = 0) -> Iterator[tuple[str, h5py.Dataset]]:
    """Layers lie within each other; each has a group `vars` with numbered arrays."""
    if depth > DEEPEST:
        raise CheckpointError(
            f"{group.file.filename} is damaged: its layers lie within each other without end."
        )
    for key in group:
        member = _member(group, key)
        if not isinstance(member, h5py.Group):
            continue
        if key != "vars":
            yield from _new(member, key, depth + 1)
            continue
        arrays = {each: _member(member, each) for each in sorted(member, key=_number)}
        kind = re.sub(r"_\d+$", "", name)
        names = _VARIABLES.get((kind, len(arrays)), tuple(arrays))
        for last, dataset in zip(names, arrays.values(), strict=True):
            if isinstance(dataset, h5py.Dataset):
                yield f"{name}/{last}", dataset


def _number(key: str) -> tuple[int, str]:
    return (int(key), key) if key.isdecimal() else (0, key)


def _member(group: h5py.Group, name: str) -> h5py.Group | h5py.Dataset | None:
    """What lies in the file itself under `name`; links out of it are not followed."""
    for part in name.split("/"):
        if not isinstance(group, h5py.Group):
            return None
        if not isinstance(group.get(part, getlink=True), h5py.HardLink):
            return None
        group = group[part]
    return group


def _texts(values: object) -> list[str]:
    return [v.decode() if isinstance(v, bytes) else str(v) for v in np.asarray(values).tolist()]


def _read(path: Path, found: Mapping[str, h5py.Dataset]) -> dict[str, Array]:
    for name, dataset in found.items():
        if dataset.dtype.kind not in "fiu" or dataset.external or dataset.is_virtual:
            raise CheckpointError(
                f"{path}: {name} is no plain array of numbers that lies in the file itself."
            )
    claimed = sum(dataset.nbytes for dataset in found.values())
    if claimed > MOST_BYTES:
        raise CheckpointError(
            f"{path} claims {claimed / 1e9:,.1f} GB of weights; up to {MOST_BYTES / 1e9:.1f} GB "
            "are read."
        )
    return {
        name: np.asarray(dataset, np.float32 if dataset.dtype.kind == "f" else None)
        for name, dataset in found.items()
    }
