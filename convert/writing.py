"""A bundle on disk: whole, or not there."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from convert.errors import ConvertError
from convert.nets.net import Floats
from edge.errors import UsageError
from edge.inference.bundle import load_bundle
from edge.inference.container import MANIFEST
from edge.inference.manifest import Manifest
from edge.selfcheck import check


def require_place(out: Path) -> None:
    """Raise UsageError when `out` holds something that is no bundle: it would be replaced."""
    if out.exists() and not (out.is_dir() and (out / MANIFEST).is_file()):
        raise UsageError(f"{out} is there and is no bundle. Name another folder with --out.")


def write_bundle(manifest: Manifest, files: Mapping[str, bytes], out: Path) -> None:
    """All files into a folder beside `out`, which is tried as the board does it, then into the
    place of `out`.

    Raises ConvertError when there is no space or no right to, BundleError when the board would
    refuse the bundle; what was in the place stays then.
    """
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    write_folder({**files, MANIFEST: text}, out, lambda folder: check(load_bundle(folder)))


def write_folder(
    files: Mapping[str, bytes], out: Path, try_out: Callable[[Path], None] = lambda folder: None
) -> None:
    """Files by name into the folder `out`, which appears whole, and only after `try_out` has
    looked at it. Raises ConvertError, and what `try_out` raises."""
    fresh, old = out.with_name(f"{out.name}.new"), out.with_name(f"{out.name}.old")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        for name, content in files.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        try_out(fresh)
        shutil.rmtree(old, ignore_errors=True)
        if out.exists():
            out.rename(old)
        fresh.rename(out)
    except OSError as error:
        if old.exists() and not out.exists():
            old.rename(out)
        raise ConvertError(
            f"{out} cannot be written: {error.strerror}. Free some space, or name another folder "
            "with --out; the same command continues where it was."
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def json_bytes(value: Any) -> bytes:
    """Readable JSON with sorted keys: the same values give the same bytes."""
    return (json.dumps(value, indent=2, sort_keys=True) + "\n").encode()


def npy(array: Floats) -> bytes:
    """A `.npy` file with float32 values."""
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array, np.float32))
    return buffer.getvalue()
