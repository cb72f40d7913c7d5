"""Pearson's correlation over speakers, with its interval and what chance would give."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from convert.evaluate.intervals import SEED, Doubles
from convert.evaluate.results import Correlation

PAIRINGS = 9999
"""random ones, for the p-value: it cannot fall below 1 / 10,000"""


def correlation(
    decoded: npt.ArrayLike, reference: npt.ArrayLike, speakers: npt.ArrayLike
) -> Correlation:
    """Of two measures, `(n,)`, averaged over each speaker's sounds.

    The p-value is a permutation test's (Fisher 1935): it supposes nothing about the distribution.
    """
    _, who = np.unique(np.asarray(speakers), return_inverse=True)
    a, b = (_centred(np.bincount(who, x) / np.bincount(who)) for x in (decoded, reference))
    n = len(a)
    scale = float(np.sqrt((a @ a) * (b @ b)))
    if n < 3 or scale < 1e-12:
        return Correlation(None, None, None, None, None, n)
    r = float(np.clip(a @ b / scale, -1, 1))
    chance = np.random.default_rng(SEED)
    drawn = np.array([chance.permutation(a) @ b for _ in range(PAIRINGS)]) / scale
    p = (1 + np.sum(np.abs(drawn) >= abs(r) - 1e-12)) / (1 + PAIRINGS)
    low, high = _fisher(r, n)
    return Correlation(round(r, 4), low, high, float(p), round(float(np.abs(drawn).mean()), 4), n)


def _centred(values: Doubles) -> Doubles:
    return np.asarray(values - values.mean())


def _fisher(r: float, n: int) -> tuple[float | None, float | None]:
    if n < 4 or abs(r) == 1:
        return None, None
    half = 1.96 / np.sqrt(n - 3)
    low, high = np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half)
    return round(float(low), 4), round(float(high), 4)
