"""Temperatures on speakers that a head was not fitted on, and how well it does on them.

A temperature is fitted on all of them. What is said of it, the calibration error or the coverage,
is measured on each half of the speakers with the temperature of the other half: nothing is judged
by what it was fitted on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from convert.heads.bins import check_interval, covered, quantiles, targets
from convert.heads.regression import cross_entropy
from convert.heads.speakers import check_classes, check_sounds
from edge.errors import UsageError
from edge.inference.manifest import Bins

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Names = npt.NDArray[np.str_]

TEMPERATURES = np.geomspace(0.05, 20.0, 241)
CONFIDENCE_BINS = 10


@dataclass(frozen=True)
class ChoiceReport:
    """How a choice does on speakers that it was not fitted on."""

    sounds: int
    speakers: int
    accuracy: float
    balanced_accuracy: float
    """mean of the classes' recalls"""
    majority_baseline: float
    """accuracy of always saying the most frequent class"""
    calibration_error: float
    """expected calibration error (Guo et al. 2017), over ten bins of confidence"""
    recall: dict[str, float | None]
    """by class; None where no speaker of it was held out"""
    sounds_per_class: dict[str, int]


@dataclass(frozen=True)
class QuantityReport:
    """How a quantity does on speakers that it was not fitted on."""

    sounds: int
    speakers: int
    mean_absolute_error: float
    """of the predicted median, to the nearest value of the label's span"""
    median_baseline: float
    """mean absolute error of always saying the speakers' median"""
    correlation: float
    """of the predicted median with the middle of the span; 0 where either is constant"""
    coverage: float
    """share of the labels in the interval"""
    mean_width: float
    """of the interval"""


@dataclass(frozen=True)
class Calibration:
    """What a bundle stores of a calibrated head."""

    temperature: float
    coverage: float
    """share of speakers in a quantity's interval, measured; 0 for a choice"""
    report: ChoiceReport | QuantityReport


def calibrate_choice(
    logits: npt.NDArray[np.floating[Any]], labels: Ints, speakers: Names, classes: tuple[str, ...]
) -> Calibration:
    """The temperature that makes logits `(n, classes)` most likely (Guo et al. 2017).

    Raises UsageError where the labels, `(n,)` places in the classes, cannot calibrate them.
    """
    check_sounds(logits, speakers)
    check_classes(labels, speakers, classes)
    _check_width(logits, len(classes), "classes")
    return choice_calibration(np.asarray(logits, np.float64), labels, speakers, classes)


def calibrate_quantity(
    logits: npt.NDArray[np.floating[Any]],
    spans: Doubles,
    speakers: Names,
    bins: Bins,
    low_quantile: float,
    high_quantile: float,
) -> Calibration:
    """The temperature at which low…high quantile of logits `(n, bins)` covers what it claims.

    `spans` `(n, 2)`: what the labels say. Raises UsageError where they cannot calibrate.
    """
    check_interval(low_quantile, high_quantile)
    check_sounds(logits, speakers)
    _check_width(logits, bins.count, "bins")
    _ = targets(spans, bins)  # raises for labels outside the bins
    both = np.asarray(logits, np.float64), np.asarray(spans, np.float64)
    return quantity_calibration(*both, speakers, bins, (low_quantile, high_quantile))


def choice_calibration(
    logits: Doubles, labels: Ints, speakers: Names, classes: tuple[str, ...]
) -> Calibration:
    """As `calibrate_choice`, for what was checked."""
    onehot = np.eye(len(classes))[labels]

    def fit(rows: npt.NDArray[np.bool_]) -> float:
        losses = [cross_entropy(logits[rows] / t, onehot[rows]) for t in TEMPERATURES]
        return float(TEMPERATURES[int(np.argmin(losses))])

    scaled = logits / _of_other_half(fit, speakers)[:, None]
    right = logits.argmax(axis=1) == labels
    counts = np.bincount(labels, minlength=len(classes))
    recall = {
        name: float(right[labels == place].mean()) if counts[place] else None
        for place, name in enumerate(classes)
    }
    report = ChoiceReport(
        sounds=len(labels),
        speakers=len(np.unique(speakers)),
        accuracy=float(right.mean()),
        balanced_accuracy=float(np.mean([share for share in recall.values() if share is not None])),
        majority_baseline=float(counts.max() / counts.sum()),
        calibration_error=_calibration_error(_softmax(scaled), right),
        recall=recall,
        sounds_per_class=dict(zip(classes, counts.tolist(), strict=True)),
    )
    return Calibration(fit(np.ones(len(labels), bool)), 0.0, report)


def quantity_calibration(
    logits: Doubles, spans: Doubles, speakers: Names, bins: Bins, shares: tuple[float, float]
) -> Calibration:
    """As `calibrate_quantity`, for what was checked; `shares`: low and high quantile."""
    low, high = shares
    claimed = high - low

    def inside(scaled: Doubles, rows: npt.NDArray[np.bool_]) -> Doubles:
        p = _softmax(scaled)
        return covered(spans[rows], quantiles(p, bins, low), quantiles(p, bins, high))

    def fit(rows: npt.NDArray[np.bool_]) -> float:
        off = [abs(inside(logits[rows] / t, rows).mean() - claimed) for t in TEMPERATURES]
        # where several cover as much as is claimed, the one that changes least
        change = np.abs(np.log(TEMPERATURES))
        return float(TEMPERATURES[np.lexsort((change, np.round(off, 3)))[0]])

    everyone = np.ones(len(spans), bool)
    temperature = fit(everyone)
    coverage = float(inside(logits / _of_other_half(fit, speakers)[:, None], everyone).mean())
    p = _softmax(logits / temperature)
    middle, centre = quantiles(p, bins, 0.5), spans.mean(axis=1)
    report = QuantityReport(
        sounds=len(spans),
        speakers=len(np.unique(speakers)),
        mean_absolute_error=_error(spans, middle),
        median_baseline=_error(spans, np.full(len(spans), np.median(centre))),
        correlation=_correlation(middle, centre),
        coverage=coverage,
        mean_width=float((quantiles(p, bins, high) - quantiles(p, bins, low)).mean()),
    )
    return Calibration(temperature, coverage, report)


def _of_other_half(fit: Callable[[npt.NDArray[np.bool_]], float], speakers: Names) -> Doubles:
    """For each sound `(n,)` the temperature of the half that its speaker is not in."""
    _, places = np.unique(speakers, return_inverse=True)
    first = places % 2 == 0
    if first.all():
        return np.full(len(speakers), fit(first))
    return np.where(first, fit(~first), fit(first))


def _check_width(logits: npt.NDArray[np.floating[Any]], count: int, what: str) -> None:
    if logits.shape[1] != count:
        raise UsageError(
            f"The network gives {logits.shape[1]} values for {count} {what}. One logit for each "
            "is needed."
        )


def _softmax(logits: Doubles) -> Doubles:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _calibration_error(probabilities: Doubles, right: npt.NDArray[np.bool_]) -> float:
    confidence = probabilities.max(axis=1)
    places = np.minimum((confidence * CONFIDENCE_BINS).astype(int), CONFIDENCE_BINS - 1)
    gaps = [
        abs(right[places == place].mean() - confidence[places == place].mean())
        * (places == place).mean()
        for place in np.unique(places)
    ]
    return float(sum(gaps))


def _error(spans: Doubles, values: Doubles) -> float:
    return float(np.abs(values - np.clip(values, spans[:, 0], spans[:, 1])).mean())


def _correlation(a: Doubles, b: Doubles) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0
