"""A quantity as a distribution over equal bins: targets, and quantiles of what is predicted."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from edge.errors import UsageError
from edge.inference.manifest import Bins

Doubles = npt.NDArray[np.float64]

LEAST_BLUR = 0.6
"""bins; neighbouring values sound alike, so a label means its neighbours a little too"""
POINTS = 21
"""of a span, over which its target is spread"""


def edges(bins: Bins) -> Doubles:
    """Borders of the bins, `(count + 1,)`."""
    return bins.first + bins.width * np.arange(bins.count + 1, dtype=np.float64)


def targets(spans: Doubles, bins: Bins) -> Doubles:
    """The distributions `(n, count)` that labels `(n, 2)` [from, below) ask for.

    Spread evenly over the span, then blurred (Gaussian) by LEAST_BLUR bins or a quarter of the
    span, whichever is more: a decade is a coarse label, and its border is no wall.
    Raises UsageError for a span that is outside the bins.
    """
    if spans.ndim != 2 or spans.shape[1] != 2:
        raise UsageError(f"Labels of a quantity are pairs [from, below); found {spans.shape}.")
    border = edges(bins)
    low, below = spans[:, :1], spans[:, 1:]
    outside = (low > below) | (below < border[0]) | (low > border[-1]) | ~np.isfinite(low + below)
    if outside.any():
        wrong = spans[int(np.argmax(outside.any(axis=1)))]
        raise UsageError(
            f"The label {wrong[0]:g}…{wrong[1]:g} lies outside the bins {border[0]:g}…"
            f"{border[-1]:g}. Give bins that cover it, or leave its cell empty."
        )
    blur = np.maximum(LEAST_BLUR * bins.width, (below - low) / 4)
    points = np.linspace(low[:, 0], below[:, 0], POINTS, axis=1)
    scaled = (border[None, :, None] - points[:, None, :]) / (blur[:, :, None] * math.sqrt(2))
    under = 0.5 * (1 + _erf(scaled)).mean(axis=2)
    mass = np.diff(under, axis=1)
    return np.asarray(mass / mass.sum(axis=1, keepdims=True))


def check_interval(low: float, high: float) -> None:
    """Raise UsageError where two quantiles bound no interval."""
    if not 0 <= low < high <= 1:
        raise UsageError(f"The quantiles {low} and {high} bound no interval: 0 ≤ low < high ≤ 1.")


def quantiles(probabilities: Doubles, bins: Bins, share: float) -> Doubles:
    """The value below which `share` of each distribution `(n, count)` lies, `(n,)`.

    The mass of a bin is spread evenly over it, as on the board (`edge.voice.attributes`).
    """
    upto = np.cumsum(probabilities, axis=1)
    place = np.minimum((upto <= share).sum(axis=1), bins.count - 1)
    rows = np.arange(len(probabilities))
    mass = probabilities[rows, place]
    missing = share - (upto[rows, place] - mass)
    within = np.clip(missing / np.where(mass > 0, mass, 1), 0, 1)
    return np.asarray(bins.first + bins.width * (place + within))


def covered(spans: Doubles, low: Doubles, high: Doubles) -> Doubles:
    """Share of each span `(n, 2)` that lies in low…high, `(n,)`; a point is in it or not.

    Where only a decade is known, the value may be anywhere in it.
    """
    width = spans[:, 1] - spans[:, 0]
    inside = np.minimum(spans[:, 1], high) - np.maximum(spans[:, 0], low)
    point = (spans[:, 0] >= low) & (spans[:, 0] <= high)
    share = np.clip(inside, 0, None) / np.where(width > 0, width, 1)
    return np.where(width > 0, share, point)


_erf = np.vectorize(math.erf, otypes=[np.float64])
