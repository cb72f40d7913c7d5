"""Reading the files of a bundle, from a folder or a zip, without trusting it.

Nothing is unpacked to disk. Sizes are bounded before and while reading, because a zip may claim
one size and hold another.
"""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from pathlib import Path
from typing import IO, Protocol

from edge.errors import BundleError

MANIFEST = "bundle.json"
MANIFEST_LIMIT = 4 * 2**20
FILE_LIMIT = 256 * 2**20
"""bytes; the largest model known (the paper's encoder, int8) has 148 MB"""
PIECE = 2**20
"""bytes that are read at a time"""


class Container(Protocol):
    """A folder or a zip with the files of a bundle."""

    def read(self, name: str, limit: int) -> bytes:
        """The file's bytes. Raises BundleError if it is missing or longer than `limit`."""


def open_container(path: Path) -> Container:
    """The container at `path`. Raises BundleError."""
    try:
        if path.is_dir():
            return FolderContainer(path)
        if path.is_file():
            return ZipContainer(path)
    except OSError as error:
        raise BundleError(f"The bundle {path} cannot be opened: {error.strerror}.") from error
    raise BundleError(f"There is no bundle at {path}. Name a folder or a zip with a {MANIFEST}.")


class FolderContainer:
    """A bundle as a folder."""

    def __init__(self, path: Path) -> None:
        self._root = path.resolve()

    def read(self, name: str, limit: int) -> bytes:
        try:
            path = (self._root / name).resolve()
            if not path.is_relative_to(self._root):
                raise BundleError(f"The bundle's {name} leaves the bundle's folder. Refused.")
            if not path.is_file():
                raise BundleError(f"The bundle has no file {name}. Copy the bundle again.")
            with path.open("rb") as file:
                return _read_bounded(file, name, limit)
        except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, Python < 3.13
            raise BundleError(f"The bundle's {name} cannot be read: {error}.") from error


class ZipContainer:
    """A bundle as a zip file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, name: str, limit: int) -> bytes:
        try:
            with zipfile.ZipFile(self._path) as archive:
                for entry in archive.namelist():
                    if entry.startswith("/") or ".." in entry.split("/") or "\\" in entry:
                        raise BundleError(f"The zip's entry {entry!r} leaves the bundle. Refused.")
                try:
                    info = archive.getinfo(name)
                except KeyError:
                    raise BundleError(
                        f"The bundle {self._path.name} has no file {name}. Copy the bundle again."
                    ) from None
                if info.file_size > limit:
                    raise BundleError(_too_long(name, limit))
                with archive.open(info) as file:
                    return _read_bounded(file, name, limit)
        # the errors of the compression methods come through zipfile as they are
        except (
            zipfile.BadZipFile,
            zlib.error,
            lzma.LZMAError,
            OSError,
            EOFError,
            RuntimeError,
            ValueError,
        ) as error:
            raise BundleError(
                f"The bundle {self._path.name} is not a whole zip file: {error}. Copy it again."
            ) from error


def _read_bounded(file: IO[bytes], name: str, limit: int) -> bytes:
    """In pieces, because one large `read` of a zip holds the file several times over."""
    whole = io.BytesIO()
    while piece := file.read(min(PIECE, limit + 1 - whole.tell())):
        whole.write(piece)
        if whole.tell() > limit:
            raise BundleError(_too_long(name, limit))
    return whole.getvalue()


def _too_long(name: str, limit: int) -> str:
    return f"The bundle's {name} is longer than the {limit:,} bytes that it may have. Refused."
