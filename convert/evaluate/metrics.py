"""One number a sound for everything that is measured; summaries of them over speakers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from convert.evaluate.intervals import Doubles, Measured, mean, share

Mask = npt.NDArray[np.bool_]
Names = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Metric:
    """One number a sound."""

    name: str
    values: Doubles
    """`(sounds,)`, NaN where it does not apply"""
    is_share: bool
    """the values are 0…1, and mostly one of the two"""


def summary(
    metrics: Sequence[Metric], speakers: Names, chosen: Mask, *, balanced: bool = False
) -> dict[str, Measured]:
    """Each metric over the chosen sounds, `(sounds,)`."""
    out = {}
    for metric in metrics:
        used = chosen & ~np.isnan(metric.values)
        measured = share if metric.is_share else mean
        out[metric.name] = measured(metric.values[used], speakers[used], balanced=balanced)
    return out
