"""Calibrate what the network says on speakers that it was not trained on.

Temperatures after Guo et al. 2017; thresholds from the accuracy that is wanted of the answers.
Writes `calibration.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from convert.reference.voice.decisions import (
    WITHHELD,
    AgeCalibration,
    GenderCalibration,
    probabilities,
    quantiles,
    say_gender,
)
from convert.reference.voice.labels import (
    AGE_BINS,
    AGE_FROM,
    AGE_STEP,
    GENDERS,
    IGNORED,
    gender_class,
    is_doubtful,
)
from convert.reference.voice.trials import Network, Trial, answer, hear, reached

CLASS_SHARES = (0.475, 0.475, 0.05)
"""Weights of women, men and children, whatever their number among the speakers."""
ANSWERS_RIGHT, ADULTS_ANSWERED = 0.985, 0.86
"""wanted at three seconds"""
LOWEST_THRESHOLD, HIGHEST_CHILD = 0.8, 0.25
INTERVAL, AIMED_COVERAGE = 0.8, 0.82
WIDEST = 50.0
"""years"""


def calibrate(
    trials: list[Trial], networks: Mapping[str, Network]
) -> tuple[GenderCalibration, AgeCalibration]:
    """Temperatures and thresholds from trials of speakers kept aside for it."""
    vectors = hear(trials, networks["trunk"])
    genders = np.array(
        [IGNORED if is_doubtful(t.utterance) else gender_class(t.utterance) for t in trials]
    )
    logits, classes = [], []
    for seconds in reached(vectors):
        answers = answer(vectors, networks, seconds)
        logits.append(answers.gender)
        classes.append(genders[answers.trials])
    temperature = fit_temperature(np.concatenate(logits), np.concatenate(classes))
    answers = answer(vectors, networks, 3)
    gender = fit_thresholds(answers.gender, genders[answers.trials], temperature)
    ages = [trials[i].utterance.age for i in answers.trials]
    return gender, fit_interval(answers.age, ages)


def fit_temperature(logits: npt.ArrayLike, classes: npt.NDArray[np.int64]) -> float:
    """The temperature that makes `(n, 3)` logits most likely; `classes` may hold IGNORED."""
    known = classes != IGNORED
    kept, right = np.asarray(logits)[known], classes[known]
    weights = _class_weights(right)

    def cost(temperature: float) -> float:
        p = probabilities(kept, temperature)[np.arange(len(kept)), right]
        return float(-(weights * np.log(p + 1e-12)).sum())

    candidates = np.geomspace(0.25, 8.0, 141)
    return float(candidates[np.argmin([cost(t) for t in candidates])])


def fit_thresholds(
    logits: npt.ArrayLike, classes: npt.NDArray[np.int64], temperature: float
) -> GenderCalibration:
    """The lowest threshold whose answers are right often enough; then the strictest limit on a
    child's probability that still leaves enough adults with an answer.

    The limit is set by the adults because there are hundreds of them, and few children.
    """
    adults = (classes == 0) | (classes == 1)
    kept, right = np.asarray(logits)[adults], classes[adults]
    weights = _class_weights(right)

    def answers(threshold: float, child_above: float) -> tuple[float, float]:
        said = say_gender(kept, GenderCalibration(temperature, threshold, child_above))
        answered = weights * (said != WITHHELD)
        share = answered.sum() / weights.sum()
        return share, float(((said == right) * answered).sum() / max(answered.sum(), 1e-9))

    thresholds = np.round(np.arange(LOWEST_THRESHOLD, 0.96, 0.01), 2)
    limits = np.round(np.arange(0.005, HIGHEST_CHILD, 0.0005), 4)
    right_enough = (t for t in thresholds if answers(t, HIGHEST_CHILD)[1] >= ANSWERS_RIGHT)
    threshold = float(next(right_enough, thresholds[-1]))
    enough = (c for c in limits if answers(threshold, c)[0] >= ADULTS_ANSWERED)
    return GenderCalibration(temperature, threshold, float(next(enough, HIGHEST_CHILD)))


def fit_interval(logits: npt.ArrayLike, ages: list[tuple[float, float] | None]) -> AgeCalibration:
    """The temperature at which the 80 % interval covers a little more than 80 % of the ages."""
    known = [i for i, age in enumerate(ages) if age is not None]
    kept = np.asarray(logits)[known]
    spans = np.array([age for age in ages if age is not None])
    tail = (1 - INTERVAL) / 2
    best: tuple[float, float, float] | None = None
    for temperature in np.geomspace(0.5, 3.0, 61):
        low = quantiles(kept, temperature, tail)
        high = quantiles(kept, temperature, 1 - tail)
        coverage = float(covered(spans, low, high).mean())
        if best is None or abs(coverage - AIMED_COVERAGE) < best[0]:
            best = abs(coverage - AIMED_COVERAGE), float(temperature), coverage
    assert best is not None
    return AgeCalibration(best[1], tail, 1 - tail, round(best[2], 3), WIDEST)


def covered(
    spans: npt.NDArray[np.float64], low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Share of each age span, `(n, 2)` [from, below), that lies in low…high, `(n,)`.

    Where only a decade is known, the age may be anywhere in it.
    """
    inside = np.minimum(spans[:, 1], high) - np.maximum(spans[:, 0], low)
    return np.clip(inside, 0, None) / (spans[:, 1] - spans[:, 0])


def save_calibration(gender: GenderCalibration, age: AgeCalibration, work: Path) -> None:
    """Write `calibration.json`: plain numbers with the names of the classes and bins."""
    bins = {"first": AGE_FROM, "width": AGE_STEP, "count": AGE_BINS}
    whole = {"gender": {"classes": GENDERS, **asdict(gender)}, "age": {"bins": bins, **asdict(age)}}
    (work / "calibration.json").write_text(json.dumps(whole, indent=2))


def load_calibration(work: Path) -> tuple[GenderCalibration, AgeCalibration]:
    """What `save_calibration` wrote."""
    whole = json.loads((work / "calibration.json").read_text())
    del whole["gender"]["classes"], whole["age"]["bins"]
    return GenderCalibration(**whole["gender"]), AgeCalibration(**whole["age"])


def _class_weights(classes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    sizes = np.bincount(classes, minlength=len(GENDERS))
    return np.array([CLASS_SHARES[c] / sizes[c] for c in classes])
