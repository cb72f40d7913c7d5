"""The machine in a line, without its name."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import msgspec
import numpy as np

from edge import __version__


class Machine(msgspec.Struct, frozen=True):
    """What a measurement belongs to."""

    cpu: str
    cores: int
    architecture: str

    @property
    def key(self) -> str:
        """The same for the same hardware."""
        return f"{self.cpu}, {self.cores}, {self.architecture}"

    def __str__(self) -> str:
        cores = f"{self.cores} core{'s' * (self.cores > 1)}"
        return (
            f"{self.cpu}, {cores}, {self.architecture}, {platform.system()} "
            f"{platform.release().partition('-')[0]}, Python {platform.python_version()}, "
            f"NumPy {np.__version__}, speech2face-edge {__version__}"
        )


def machine(root: Path = Path("/")) -> Machine:
    """This machine: a board by its device tree, a PC by its processor."""
    return Machine(
        cpu=_board(root) or _processor(root) or platform.processor() or "unknown processor",
        cores=len(os.sched_getaffinity(0)),
        architecture=platform.machine(),
    )


def _board(root: Path) -> str:
    try:
        return (root / "proc/device-tree/model").read_bytes().rstrip(b"\0").decode(errors="replace")
    except OSError:
        return ""


def _processor(root: Path) -> str:
    try:
        lines = (root / "proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        return ""
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Model"):
            return value.strip()
    return ""
