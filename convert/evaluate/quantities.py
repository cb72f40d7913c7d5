"""A number with an interval: age. What is said against what is true.

The truth may be a decade. `error` is then the distance to its nearest end, as in the reference
bundle's model card; `error_to_middle` and `within_10` take the middle of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from convert.evaluate.ages import Span, middle, ten
from convert.evaluate.choices import NO_ANSWER, count
from convert.evaluate.hearing import LEVELS, Reading
from convert.evaluate.intervals import Doubles, share
from convert.evaluate.metrics import Metric, Names
from convert.evaluate.results import Calibration, Confusion, Point
from convert.reference.voice.calibrate import covered

NEAR = 10.0
"""units of the quantity: the paper's ±10 years"""
ERROR, TO_MIDDLE, WITHIN, BASELINE = "error", "error_to_middle", "within_10", "baseline_error"
ANSWERED, OF_ANSWERS, HOLDS, WIDTH = "answered", "error_of_answers", "holds", "width"


@dataclass(frozen=True)
class Quantities:
    """What was said of some sounds, and what is true of them."""

    truths: tuple[Span, ...]
    said: tuple[Reading, ...]
    speakers: Names


def metrics(quantities: Quantities) -> list[Metric]:
    """Errors of the median, also where the board would not say it; `baseline_error` is that of
    always giving the median of the truths; `holds` and `width` are the interval's."""
    spans, medians = _spans(quantities), _column(quantities, "median")
    low, high = _column(quantities, "low"), _column(quantities, "high")
    given = np.array([said.given for said in quantities.said], bool)
    middles = spans.mean(axis=1)
    usual = np.full(len(spans), np.median(middles) if len(spans) else np.nan)
    error, far = _distance(spans, medians), np.abs(medians - middles)
    return [
        Metric(ERROR, error, False),
        Metric(TO_MIDDLE, far, False),
        Metric(WITHIN, (far <= NEAR).astype(np.float64), True),
        Metric(BASELINE, _distance(spans, usual), False),
        Metric(ANSWERED, given.astype(np.float64), True),
        Metric(OF_ANSWERS, np.where(given, error, np.nan), False),
        Metric(HOLDS, covered(spans, low, high), True),
        Metric(WIDTH, high - low, False),
    ]


def confusions(quantities: Quantities) -> dict[str, Confusion]:
    """Over tens: the truth's, by its middle, and the median's."""
    pairs = [
        (middle(truth), said)
        for truth, said in zip(quantities.truths, quantities.said, strict=True)
    ]
    places = {int(value // 10) for truth, said in pairs for value in (truth, said.median)}
    tens = [
        ten(10.0 * place) for place in range(min(places, default=0), max(places, default=0) + 1)
    ]
    forced = [(ten(truth), ten(said.median)) for truth, said in pairs]
    given = [(ten(truth), ten(said.median) if said.given else NO_ANSWER) for truth, said in pairs]
    return {
        "forced": count(forced, tens, tens),
        "as answered": count(given, tens, (*tens, NO_ANSWER)),
    }


def calibration(quantities: Quantities) -> Calibration:
    """What central intervals claim to hold against what they hold (Kuleshov et al. 2018)."""
    spans = _spans(quantities)
    points = []
    for i, level in enumerate(LEVELS):
        ends = np.array([said.central[i] for said in quantities.said]).reshape(-1, 2)
        held = covered(spans, ends[:, 0], ends[:, 1])
        points.append(Point(level, share(held, quantities.speakers)))
    gaps = [abs(p.observed.value - p.expected) for p in points if p.observed.value is not None]
    error = round(float(np.mean(gaps)), 4) if gaps else None
    return Calibration(tuple(points), error, len(spans), 0)


def _spans(quantities: Quantities) -> Doubles:
    return np.array(quantities.truths, np.float64).reshape(-1, 2)


def _column(quantities: Quantities, name: str) -> Doubles:
    return np.array([getattr(said, name) for said in quantities.said], np.float64)


def _distance(spans: Doubles, values: npt.NDArray[np.float64]) -> Doubles:
    """To the nearest end of each span; 0 inside."""
    return np.maximum(np.maximum(spans[:, 0] - values, values - spans[:, 1]), 0)
