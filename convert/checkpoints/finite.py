"""Weights must be numbers: one NaN makes a whole network answer NaN."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from pathlib import Path

from convert.checkpoints.checkpoint import Array
from convert.errors import CheckpointError


def require_finite(path: Path, tensors: Mapping[str, Array]) -> None:
    """Raises CheckpointError that names the weights with NaN or infinity."""
    # the extremes carry NaN and infinity along, and need no second array
    broken = [
        name
        for name, array in tensors.items()
        if array.size and not (isfinite(array.min()) and isfinite(array.max()))
    ]
    if broken:
        more = f" and {len(broken) - 5} more" if len(broken) > 5 else ""
        raise CheckpointError(
            f"{path} has NaN or infinite values in {', '.join(broken[:5])}{more}. The training "
            "diverged; take an earlier checkpoint."
        )
