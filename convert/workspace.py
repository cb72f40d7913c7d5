"""Where an interrupted build continues: results of finished steps, kept under keys of their inputs.

A result is found again only while everything that it was made from is the same. Files appear
whole or not at all.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from convert.errors import ConvertError
from edge.errors import UsageError
from edge.replace import replace_file

Arrays = dict[str, npt.NDArray[Any]]


class Workspace:
    """The folder with the results so far; one build at a time may use it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            # features of somebody's speech lie in it: nobody else may read them
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = (folder / "lock").open("w")
        except OSError as error:
            raise ConvertError(f"The folder {folder} cannot be made: {error.strerror}.") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise UsageError(
                f"Another build works in {folder}. Wait for it, or name another --out."
            ) from error

    def content(self, name: str, key: str, make: Callable[[], bytes]) -> bytes:
        """The bytes that were made under the key before, or those that `make` makes now."""
        path = self._path(name, key)
        if path.is_file():
            return path.read_bytes()
        content = make()
        self._write(path, content)
        return content

    def arrays(self, name: str, key: str, make: Callable[[], Arrays]) -> Arrays:
        """The same for arrays by name."""

        def packed() -> bytes:
            buffer = io.BytesIO()
            np.savez(buffer, **make())
            return buffer.getvalue()

        with np.load(io.BytesIO(self.content(f"{name}.npz", key, packed))) as archive:
            return {entry: archive[entry] for entry in archive.files}

    def values(self, name: str, key: str, make: Callable[[], Any]) -> Any:
        """The same for plain JSON values."""
        text = self.content(f"{name}.json", key, lambda: json.dumps(make()).encode())
        return json.loads(text)

    def scratch(self, name: str) -> Path:
        """An empty folder for a step's own files."""
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        try:
            path.mkdir()
        except OSError as error:
            raise _unwritable(path, error) from error
        return path

    def close(self, *, remove: bool) -> None:
        """Let others in; with `remove` the results go too, since the bundle is there."""
        self._lock.close()
        if remove:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, name: str, key: str) -> Path:
        return self.folder / f"{key[:16]}-{name}"

    def _write(self, path: Path, content: bytes) -> None:
        try:
            replace_file(path, lambda file: file.write(content))
        except OSError as error:
            raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> ConvertError:
    return ConvertError(
        f"{path} cannot be written: {error.strerror}. Free some space and run the same command "
        "again: it continues where it was."
    )


def key(*parts: Any) -> str:
    """A key for everything that a result is made from: arrays, and what has a stable repr."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            total.update(f"{part.dtype}{part.shape}".encode())
            total.update(np.ascontiguousarray(part).tobytes())
        else:
            total.update(repr(part).encode())
        total.update(b"\0")
    return total.hexdigest()
