"""Does the HDF5 library survive a file? One wrong byte can crash it, or keep it busy for ever.

So another process reads the whole file first. Run as `python -m convert.checkpoints.hdf5_probe`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from convert.checkpoints.signature import MOST_BYTES
from convert.errors import CheckpointError

LONGEST_S = 120.0


def probe_hdf5(path: Path) -> None:
    """Raises CheckpointError when reading the file ends the process that reads it."""
    command = [sys.executable, "-m", "convert.checkpoints.hdf5_probe", os.fspath(path.resolve())]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=LONGEST_S)
    except subprocess.TimeoutExpired as error:
        raise CheckpointError(
            f"{path} is damaged: the HDF5 library does not come to an end with it."
        ) from error
    if done.returncode:
        raise CheckpointError(
            f"{path} is damaged: it crashes the HDF5 library. Copy or download it again."
        )


def _read_everything(path: str) -> None:
    import h5py  # type: ignore[import-untyped]

    def read(_: str, member: h5py.Group | h5py.Dataset) -> None:
        dict(member.attrs)
        if not isinstance(member, h5py.Dataset) or member.external or member.is_virtual:
            return
        if member.nbytes <= MOST_BYTES:  # what claims more is refused later, unread
            member[()]

    try:
        with h5py.File(path, "r") as file:
            read("", file)
            file.visititems(read)
    except Exception:  # whatever is not a crash the reader says better
        return


if __name__ == "__main__":
    _read_everything(sys.argv[1])
