"""Shares and means with 95 % intervals, where one speaker may be there several times.

Sounds of one speaker are not independent, so intervals are about speakers: Wilson's where each
speaker is there once, else percentiles over resampled speakers (Efron 1979; Field and Welsh 2007
for the resampling of whole clusters).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from convert.reference.voice.evaluate import rate

RESAMPLES, SEED = 2000, 0

Doubles = npt.NDArray[np.float64]


class Measured(msgspec.Struct, frozen=True):
    """A number and how sure it is."""

    value: float | None
    """None without any case"""
    low: float | None
    high: float | None
    """95 % interval; None where there are too few speakers for one"""
    sounds: int
    speakers: int
    method: Literal["wilson", "bootstrap", "none"]


def share(hits: npt.ArrayLike, speakers: npt.ArrayLike, *, balanced: bool = False) -> Measured:
    """The share of sounds that are hits: 0, 1, or between where a truth is only known as a span.
    `(n,)` each.

    With `balanced` every speaker weighs the same, however many sounds there are. Where all agree,
    resampling has nothing to vary, and the interval is Wilson's for so many speakers.
    """
    values = np.asarray(hits, np.float64)
    sums, counts = _by_speaker(values, speakers)
    whole = values.size > 0 and bool(np.isin(values, (0, 1)).all())
    if whole and (np.all(counts == 1) or np.ptp(values) == 0):
        wilson = rate(np.round(sums / counts))
        low, high = wilson["interval"]
        return _measured(wilson["rate"], low, high, values.size, sums.size, "wilson")
    return _resampled(values, sums, counts, balanced)


def mean(values: npt.ArrayLike, speakers: npt.ArrayLike, *, balanced: bool = False) -> Measured:
    """The mean of any numbers, `(n,)`, in the same way. Two speakers are needed for an interval."""
    numbers = np.asarray(values, np.float64)
    return _resampled(numbers, *_by_speaker(numbers, speakers), balanced)


def _by_speaker(values: Doubles, speakers: npt.ArrayLike) -> tuple[Doubles, Doubles]:
    """Sum and number of each speaker's values."""
    _, who = np.unique(np.asarray(speakers), return_inverse=True)
    return (
        np.bincount(who, values).astype(np.float64),
        np.bincount(who).astype(np.float64),
    )


def _resampled(values: Doubles, sums: Doubles, counts: Doubles, balanced: bool) -> Measured:
    if not values.size:
        return Measured(None, None, None, 0, 0, "none")
    if balanced:
        sums, counts = sums / counts, np.ones_like(counts)
    middle = float(sums.sum() / counts.sum())
    if sums.size < 2:
        return _measured(middle, None, None, values.size, sums.size, "none")
    times = _times(sums.size)
    drawn = (times @ sums) / (times @ counts)
    low, high = np.percentile(drawn, (2.5, 97.5))
    return _measured(middle, low, high, values.size, sums.size, "bootstrap")


@lru_cache(maxsize=8)
def _times(speakers: int) -> Doubles:
    """How often each speaker is drawn in each resample, `(RESAMPLES, speakers)`."""
    chance = np.random.default_rng(SEED)
    return chance.multinomial(speakers, np.full(speakers, 1 / speakers), RESAMPLES).astype(
        np.float64
    )


def _measured(
    value: float,
    low: float | None,
    high: float | None,
    sounds: int,
    speakers: int,
    method: Literal["wilson", "bootstrap", "none"],
) -> Measured:
    def rounded(number: float | None) -> float | None:
        return None if number is None else round(float(number), 4)

    return Measured(rounded(value), rounded(low), rounded(high), sounds, speakers, method)
