"""From logits to what is said: calibrated probabilities, answers and intervals.

The board applies the same three steps; here they are vectors over many speakers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from convert.reference.voice.labels import AGE_EDGES, GENDERS

CHILD = GENDERS.index("child")
WITHHELD = -1


@dataclass(frozen=True)
class GenderCalibration:
    """How gender logits become an answer."""

    temperature: float
    threshold: float
    """an answer needs at least this probability"""
    child_above: float
    """no answer when a child is more probable than this"""


@dataclass(frozen=True)
class AgeCalibration:
    """How age logits become an interval."""

    temperature: float
    low_quantile: float
    high_quantile: float
    coverage: float
    """share of speakers inside, measured on the calibration speakers"""
    widest: float
    """years; an interval wider than this says nothing"""


def probabilities(logits: npt.ArrayLike, temperature: float) -> npt.NDArray[np.float64]:
    """Softmax of `(n, classes)` logits divided by the temperature (Guo et al. 2017)."""
    scaled = np.asarray(logits, np.float64) / temperature
    exponent = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(exponent / exponent.sum(axis=1, keepdims=True))


def say_gender(logits: npt.ArrayLike, calibration: GenderCalibration) -> npt.NDArray[np.int64]:
    """Index into GENDERS (female or male) or WITHHELD, `(n,)`."""
    p = probabilities(logits, calibration.temperature)
    adult = p[:, :CHILD]
    best = adult.argmax(axis=1)
    sure = adult.max(axis=1) >= calibration.threshold
    return np.where(sure & (p[:, CHILD] <= calibration.child_above), best, WITHHELD)


def quantiles(logits: npt.ArrayLike, temperature: float, share: float) -> npt.NDArray[np.float64]:
    """The age below which `share` of each predicted distribution lies, years, `(n,)`.

    Within a bin the mass is taken to be spread evenly.
    """
    p = probabilities(logits, temperature)
    upto = np.concatenate([np.zeros((len(p), 1)), np.cumsum(p, axis=1)], axis=1)
    upto /= upto[:, -1:]
    return np.array([np.interp(share, row, AGE_EDGES) for row in upto])


def say_age(
    logits: npt.ArrayLike, calibration: AgeCalibration
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Low end, median and high end of the interval, years, `(n,)` each."""
    low, middle, high = (
        quantiles(logits, calibration.temperature, share)
        for share in (calibration.low_quantile, 0.5, calibration.high_quantile)
    )
    return low, middle, high
