"""Replaces a file only by a whole one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO


def replace_file(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Let `write` fill a file beside `path`, which then takes its name. Raises OSError.

    When that fails, for want of space or rights, `path` is as it was and nothing is left beside it.
    """
    if path.is_dir():
        raise IsADirectoryError(None, "it is a folder")
    part = path.with_name(f".{os.getpid()}.part")  # short: the name itself may be of full length
    part.unlink(missing_ok=True)  # left by a process of the same number that was killed
    try:
        with part.open("xb") as file:
            write(file)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
