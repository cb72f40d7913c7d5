"""Calibration finds what was put in, and evaluation counts it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convert.reference.voice.calibrate import (
    covered,
    fit_interval,
    fit_temperature,
    fit_thresholds,
    load_calibration,
    save_calibration,
)
from convert.reference.voice.decisions import (
    WITHHELD,
    AgeCalibration,
    GenderCalibration,
    probabilities,
    quantiles,
    say_age,
    say_gender,
)
from convert.reference.voice.evaluate import calibration_error, evaluate, rate
from convert.reference.voice.labels import AGE_EDGES
from convert.reference.voice.prepare import Utterance
from convert.reference.voice.trials import Trial, windows_for


def test_temperature_is_recovered() -> None:
    chance = np.random.default_rng(0)
    logits = 2 * chance.standard_normal((6000, 3))
    drawn = np.array([chance.choice(3, p=row) for row in probabilities(logits, 1.0)])
    assert fit_temperature(2.5 * logits, drawn) == pytest.approx(2.5, rel=0.15)


def test_thresholds_reach_the_accuracy_that_is_wanted() -> None:
    chance = np.random.default_rng(1)
    classes = chance.integers(0, 3, 3000)
    logits = chance.standard_normal((3000, 3))
    logits[np.arange(3000), classes] += 3.5
    calibration = fit_thresholds(logits, classes, 0.6)
    said = say_gender(logits, calibration)
    adults, children = classes < 2, classes == 2
    answered = adults & (said != WITHHELD)
    assert (said == classes)[answered].mean() > 0.98
    assert answered.sum() / adults.sum() == pytest.approx(0.86, abs=0.02)
    assert (said[children] == WITHHELD).mean() > 0.9
    assert calibration.child_above < 0.25


def test_a_likely_child_gets_no_gender() -> None:
    calibration = GenderCalibration(temperature=1.0, threshold=0.75, child_above=0.1)
    p = [[0.95, 0.03, 0.02], [0.02, 0.8, 0.18], [0.6, 0.38, 0.02], [0.1, 0.1, 0.8]]
    assert say_gender(np.log(p), calibration).tolist() == [0, WITHHELD, WITHHELD, WITHHELD]


def test_quantiles_of_a_known_distribution() -> None:
    logits = np.where((AGE_EDGES[:-1] >= 30) & (AGE_EDGES[1:] <= 40), 0.0, -50.0)[None]
    assert quantiles(logits, 1.0, 0.5)[0] == pytest.approx(35)
    low, middle, high = say_age(logits, AgeCalibration(1.0, 0.1, 0.9, 0.8, 50.0))
    assert (low[0], middle[0], high[0]) == pytest.approx((31, 35, 39))


def test_interval_covers_what_is_aimed_at() -> None:
    chance = np.random.default_rng(2)
    ages = chance.integers(20, 60, 800)
    centres = (AGE_EDGES[:-1] + AGE_EDGES[1:]) / 2
    guessed = ages + 0.5 + 5.0 * chance.standard_normal(800)
    # It believes that it errs by 3.5 years and errs by 5: twice the variance.
    logits = -0.5 * ((centres - guessed[:, None]) / 3.5) ** 2
    calibration = fit_interval(logits, [(float(age), float(age) + 1) for age in ages])
    assert 1.7 < calibration.temperature < 2.8
    assert calibration.coverage == pytest.approx(0.82, abs=0.02)


def test_a_decade_is_covered_in_part() -> None:
    spans = np.array([[20.0, 30.0], [20.0, 30.0], [9.0, 10.0]])
    share = covered(spans, np.array([25.0, 15.0, 11.0]), np.array([40.0, 35.0, 12.0]))
    assert share.tolist() == [0.5, 1.0, 0.0]


def test_calibration_survives_its_file(tmp_path: Path) -> None:
    gender = GenderCalibration(1.3, 0.78, 0.2)
    age = AgeCalibration(1.1, 0.1, 0.9, 0.82, 50.0)
    save_calibration(gender, age, tmp_path)
    assert load_calibration(tmp_path) == (gender, age)


def test_rate_has_an_interval_and_none_without_cases() -> None:
    assert rate([]) == {"n": 0}
    half = rate([True, False] * 50)
    assert (half["rate"], half["n"]) == (0.5, 100)
    assert half["interval"] == pytest.approx([0.404, 0.596], abs=0.002)


def test_calibration_error_of_an_overconfident_network() -> None:
    right = np.array([True, False] * 100)
    assert calibration_error(np.full(200, 0.9), right) == pytest.approx(0.4)
    assert calibration_error(np.full(200, 0.5), right) == pytest.approx(0.0)


def test_evaluation_counts_by_group() -> None:
    """Networks that read the right class out of the features' first numbers."""
    people = (
        [("female", None, 0)] * 6 + [("male", (30.0, 40.0), 1)] * 4 + [("male", (8.0, 9.0), 2)] * 2
    )
    trials = []
    for number, (gender, age, index) in enumerate(people):
        who = Utterance("librispeech", f"{number}", f"{number}", gender, age, "", 0, 1, 0.0)
        windows = np.zeros((windows_for(3), 98, 64), np.float32)
        windows[:, 0, index] = 8.0
        trials.append(Trial(who, windows))
    trials[0].windows[:] = trials[-1].windows  # a woman who sounds like a child
    networks = {
        "trunk": lambda x: x[:, 0, :3],
        "head": lambda x: x,
        "gender": lambda x: x,
        "age": lambda x: np.zeros((len(x), 34), np.float32),
    }
    report = evaluate(
        trials, networks, GenderCalibration(1.0, 0.8, 0.1), AgeCalibration(1.0, 0.1, 0.9, 0.8, 90.0)
    )
    three = report["3s"]["gender"]
    assert three["adults"]["coverage"]["rate"] == 0.9
    assert three["adults"]["answers"] == {
        "rate": 1.0,
        "n": 9,
        "interval": three["adults"]["answers"]["interval"],
    }
    assert three["adults_by_gender"]["male"]["forced"]["rate"] == 1.0
    assert three["children_under_13_withheld"]["rate"] == 1.0
    assert report["3s"]["age"]["all"]["n"] == 6
    assert "6s" not in report  # nobody spoke that long
