"""Measure the voice model on speakers that it has never heard: who is served how well.

Works on any networks that map arrays to arrays, so the float model and its int8 version are
measured alike. Every rate comes with its count and, for accuracies, a 95 % Wilson interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from convert.reference.voice.calibrate import covered
from convert.reference.voice.decisions import (
    CHILD,
    WITHHELD,
    AgeCalibration,
    GenderCalibration,
    probabilities,
    say_age,
    say_gender,
)
from convert.reference.voice.labels import GENDERS, IGNORED, gender_class, is_adult, is_doubtful
from convert.reference.voice.trials import Answers, Network, Trial, answer, hear, reached

Mask = npt.NDArray[np.bool_]


def evaluate(
    trials: list[Trial],
    networks: Mapping[str, Network],
    gender: GenderCalibration,
    age: AgeCalibration,
    called: str = "float networks",
) -> dict[str, Any]:
    """Rates by duration, and within one by corpus, gender and age group, as plain JSON values.

    `called`: what the networks are, in words.
    """
    vectors = hear(trials, networks["trunk"])
    report: dict[str, Any] = {"speakers": len(trials), "networks": called}
    for seconds in reached(vectors):
        answers = answer(vectors, networks, seconds)
        heard = [trials[i] for i in answers.trials]
        report[f"{seconds}s"] = {
            "gender": _gender(heard, answers, gender),
            "age": _age(heard, answers, age),
        }
    return report


def rate(hits: npt.ArrayLike) -> dict[str, Any]:
    """Share of true values with its count and 95 % interval (Wilson 1927)."""
    values = np.asarray(hits, np.float64)
    n = len(values)
    if n == 0:
        return {"n": 0}
    p, z = float(values.mean()), 1.96
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    bounds = [round(float(max(middle - half, 0)), 4), round(float(min(middle + half, 1)), 4)]
    return {"rate": round(p, 4), "n": n, "interval": bounds}


def calibration_error(confidence: npt.NDArray[np.float64], right: Mask, bins: int = 10) -> float:
    """Expected calibration error over equal bins of confidence (Naeini et al. 2015)."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(confidence[place == b].mean() - right[place == b].mean()) * np.mean(place == b)
        for b in np.unique(place)
    ]
    return float(np.sum(gaps))


def _gender(
    trials: list[Trial], answers: Answers, calibration: GenderCalibration
) -> dict[str, Any]:
    people = [trial.utterance for trial in trials]
    truth = np.array([gender_class(person) for person in people])
    adult = np.array([is_adult(person) for person in people]) & (truth != IGNORED)
    sure = np.array([not is_doubtful(person) for person in people])
    corpus = np.array([person.corpus for person in people])
    decade = np.array([_decade(person.age) for person in people])
    youngest = np.array([person.age is not None and person.age[1] <= 13 for person in people])
    p = probabilities(answers.gender, calibration.temperature)
    forced = answers.gender[:, :CHILD].argmax(axis=1) == truth
    said = say_gender(answers.gender, calibration)
    answered = said != WITHHELD

    def rates(chosen: Mask) -> dict[str, Any]:
        return {
            "forced": rate(forced[chosen]),
            "coverage": rate(answered[chosen]),
            "answers": rate((said == truth)[chosen & answered]),
        }

    children = truth == CHILD
    known = (truth != IGNORED) & sure
    top = p.argmax(axis=1)
    return {
        "adults": rates(adult & sure),
        "adults_with_doubtful_labels": rates(adult),
        "adults_by_gender": {
            g: rates(adult & sure & (truth == i)) for i, g in enumerate(GENDERS[:2])
        },
        "adults_by_corpus": {
            str(c): rates(adult & sure & (corpus == c)) for c in np.unique(corpus)
        },
        "adults_by_decade": {
            str(d): rates(adult & sure & (decade == d)) for d in np.unique(decade)
        },
        "children_withheld": rate(~answered[children]),
        "children_under_13_withheld": rate(~answered[children & youngest]),
        "adults_taken_for_children": rate(top[adult & sure] == CHILD),
        "calibration_error": round(
            calibration_error(p.max(axis=1)[known], (top == truth)[known]), 4
        ),
    }


def _age(trials: list[Trial], answers: Answers, calibration: AgeCalibration) -> dict[str, Any]:
    spans = np.array([trial.utterance.age or (np.nan, np.nan) for trial in trials])
    low, middle, high = say_age(answers.age, calibration)
    corpus = np.array([trial.utterance.corpus for trial in trials])
    given = high - low <= calibration.widest
    inside = covered(spans, low, high)
    # The distance to a decade is the distance to its nearest end.
    error = np.maximum(np.maximum(spans[:, 0] - middle, middle - spans[:, 1]), 0)

    def rates(chosen: Mask) -> dict[str, Any]:
        if not chosen.any():
            return {"n": 0}
        usual = np.median(spans[chosen].mean(axis=1))
        always = np.maximum(np.maximum(spans[chosen, 0] - usual, usual - spans[chosen, 1]), 0)
        return {
            "n": int(chosen.sum()),
            "given": round(float(given[chosen].mean()), 4),
            "interval_covers": round(float(inside[chosen].mean()), 4),
            "interval_width": round(float((high - low)[chosen].mean()), 2),
            "mean_absolute_error": round(float(error[chosen].mean()), 2),
            "error_of_the_median_age": round(float(always.mean()), 2),
        }

    known = ~np.isnan(spans[:, 0])
    decade = np.array([_decade(trial.utterance.age) for trial in trials])
    return {
        "all": rates(known),
        "by_corpus": {str(c): rates(known & (corpus == c)) for c in np.unique(corpus)},
        "by_decade": {str(d): rates(known & (decade == d)) for d in np.unique(decade[known])},
    }


def _decade(age: tuple[float, float] | None) -> str:
    return "unknown" if age is None else f"{int(age[0] // 10) * 10}s"
