"""The speech that the reference recipe names: the corpora, split by speaker."""

from __future__ import annotations

import shutil
import zlib
from pathlib import Path

from convert.errors import ConvertError
from convert.reference.voice.corpora import read_corpora

HELD_OUT = 5
"""one speaker in so many is held out"""


def lay_out(data: Path, out: Path) -> dict[str, int]:
    """Link every recording of the corpora into `out/calibration` or `out/held_out`, replacing
    what is there. Returns how many are in each. Raises ConvertError.
    """
    counts = {"calibration": 0, "held_out": 0}
    try:
        shutil.rmtree(out, ignore_errors=True)
        for part in counts:
            (out / part).mkdir(parents=True)
        for recording in read_corpora(data):
            path = data / recording.corpus / recording.file
            part = (
                "calibration" if zlib.crc32(recording.speaker.encode()) % HELD_OUT else "held_out"
            )
            (out / part / f"{recording.corpus}-{path.name}").symlink_to(path.resolve())
            counts[part] += 1
    except OSError as error:
        raise ConvertError(f"{out} cannot be written: {error.strerror}.") from error
    return counts
