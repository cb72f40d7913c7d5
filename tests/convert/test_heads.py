"""Heads learn what the features hold, on other speakers, and say how sure they may be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
import torch

from convert.heads import (
    FittedHead,
    calibrate_choice,
    calibrate_quantity,
    fit_choice,
    fit_quantity,
)
from convert.heads.bins import covered, quantiles, targets
from convert.heads.calibrate import ChoiceReport, QuantityReport
from convert.heads.regression import PENALTIES, narrowed, regress, scale_of
from convert.heads.speakers import HELD_OUT, speaker_folds
from edge.errors import UsageError
from edge.inference.manifest import (
    Bins,
    ChoiceAttribute,
    ChoiceCalibration,
    QuantityAttribute,
    QuantityCalibration,
)
from edge.voice.attributes import choose, measure

CLASSES = ("female", "male", "child")
BINS = Bins(5.0, 2.5, 34)
SPEAKERS, SOUNDS, WIDTH = 300, 2, 12


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Threads cost more than they give on networks as small as these."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@dataclass(frozen=True)
class People:
    """Speakers whose class and age lie along two directions of their features, with noise."""

    features: npt.NDArray[np.float32]
    speakers: npt.NDArray[np.str_]
    classes: npt.NDArray[np.int64]
    ages: npt.NDArray[np.float64]
    """`(n, 2)` [from, below)"""


@pytest.fixture(scope="module")
def people() -> People:
    random = np.random.default_rng(4)
    each = random.normal(size=(SPEAKERS, WIDTH))
    logits = 3 * each[:, :3] + random.gumbel(size=(SPEAKERS, 3))
    age = np.clip(40 + 14 * each[:, 3] + 5 * random.normal(size=SPEAKERS), 6, 88)
    features = np.repeat(each, SOUNDS, axis=0)
    features = features + 0.1 * random.normal(size=features.shape)
    features = 7 + 3 * features  # neither centred nor of unit scale
    features[:, -1] = 2.0  # a dead unit
    whole = np.floor(np.repeat(age, SOUNDS))
    return People(
        features.astype(np.float32),
        np.repeat([f"speaker {i}" for i in range(SPEAKERS)], SOUNDS),
        np.repeat(logits.argmax(axis=1), SOUNDS),
        np.stack([whole, whole + 1], axis=1),
    )


@pytest.fixture(scope="module")
def choice(people: People) -> FittedHead:
    return fit_choice(people.features, people.classes, people.speakers, CLASSES, seed=0)


@pytest.fixture(scope="module")
def quantity(people: People) -> FittedHead:
    return fit_quantity(people.features, people.ages, people.speakers, BINS, 0, 0.1, 0.9)


def test_a_choice_is_learned_and_measured_on_other_speakers(choice: FittedHead) -> None:
    head = choice
    report = head.report
    assert isinstance(report, ChoiceReport)
    assert report.accuracy > 0.75 > report.majority_baseline + 0.2
    assert 0.7 < report.balanced_accuracy < 1
    assert report.calibration_error < 0.12
    assert (report.speakers, report.sounds) == (SPEAKERS // 5, SPEAKERS * SOUNDS // 5)
    assert head.fitted_on == SPEAKERS * SOUNDS * 4 // 5
    assert sum(report.sounds_per_class.values()) == report.sounds
    assert 0.5 < head.temperature < 2
    assert head.penalty in PENALTIES


def test_the_module_is_one_linear_layer_on_raw_features(people: People, choice: FittedHead) -> None:
    head = choice
    assert isinstance(head.module, torch.nn.Linear)
    assert head.module.weight[:, -1].abs().max() == 0  # of the dead unit
    logits = head.module(torch.from_numpy(people.features))
    right = logits.argmax(dim=1).numpy() == people.classes
    assert right.mean() > 0.75
    with torch.no_grad():
        part = ChoiceAttribute(  # as the board uses it
            name="gender",
            sensitive=False,
            model=None,  # type: ignore[arg-type]
            classes=CLASSES,
            calibration=ChoiceCalibration(head.temperature, threshold=0.0),
        )
        said = choose(part, logits[0].numpy())
    assert said.value in CLASSES


def test_the_same_seed_gives_the_same_head(people: People) -> None:
    first, again = (
        fit_choice(people.features, people.classes, people.speakers, CLASSES, seed=5)
        for _ in range(2)
    )
    assert torch.equal(first.module.weight, again.module.weight)
    assert first.report == again.report


def test_features_without_information_do_not_beat_the_majority(people: People) -> None:
    noise = np.random.default_rng(8).normal(size=people.features.shape).astype(np.float32)
    head = fit_choice(noise, people.classes, people.speakers, CLASSES, seed=0)
    assert head.penalty >= 1
    assert head.report.accuracy < head.report.majority_baseline + 0.12


def test_a_voice_that_is_only_recognised_does_not_count(people: People) -> None:
    """Each speaker has a mark of their own: on other speakers it is worth nothing."""
    marks = np.repeat(np.eye(SPEAKERS, dtype=np.float32), SOUNDS, axis=0)
    head = fit_choice(marks, people.classes, people.speakers, CLASSES, seed=0)
    assert head.report.accuracy < head.report.majority_baseline + 0.12


def test_a_quantity_is_learned_and_its_interval_covers_what_it_claims(
    quantity: FittedHead,
) -> None:
    head = quantity
    report = head.report
    assert isinstance(report, QuantityReport)
    assert report.mean_absolute_error < 0.6 * report.median_baseline
    assert report.correlation > 0.8
    assert abs(head.coverage - 0.8) < 0.12
    assert report.coverage == head.coverage
    assert 8 < report.mean_width < 30


def test_the_board_says_the_same_interval(people: People, quantity: FittedHead) -> None:
    head = quantity
    logits = head.module(torch.from_numpy(people.features[:1])).numpy()
    part = QuantityAttribute(
        name="age",
        sensitive=False,
        model=None,  # type: ignore[arg-type]
        unit="years",
        bins=BINS,
        calibration=QuantityCalibration(head.temperature, head.coverage, 0.1, 0.9, 99.0),
    )
    said = measure(part, logits[0])
    scaled = np.exp(logits.astype(np.float64) / head.temperature)
    p = scaled / scaled.sum()
    for share, value in ((0.1, said.low), (0.5, said.value), (0.9, said.high)):
        assert quantiles(p, BINS, share)[0] == pytest.approx(value, abs=1e-4)


def test_decades_train_as_ages_do(people: People) -> None:
    decades = np.floor(people.ages[:, :1] / 10) * 10 + (0, 10)
    decades = np.clip(decades, 5, 90)
    head = fit_quantity(people.features, decades, people.speakers, BINS, seed=0)
    assert head.report.correlation > 0.8
    assert abs(head.coverage - 0.8) < 0.12


@pytest.mark.parametrize("factor", [0.2, 1.0, 4.0])
def test_a_given_head_is_brought_to_its_temperature(factor: float) -> None:
    random = np.random.default_rng(2)
    honest = random.normal(scale=2, size=(4000, 3))
    labels = (honest + random.gumbel(size=honest.shape)).argmax(axis=1)
    speakers = np.array([f"s{i}" for i in range(4000)])
    found = calibrate_choice(honest * factor, labels, speakers, CLASSES)
    assert found.temperature == pytest.approx(factor, rel=0.15)
    assert found.report.calibration_error < 0.04
    assert found.coverage == 0


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_a_given_quantity_covers_what_it_claims(factor: float) -> None:
    random = np.random.default_rng(2)
    age = random.uniform(15, 80, 1500)
    centre = 5 + 2.5 * (np.arange(34) + 0.5)
    heard = age + random.normal(scale=6, size=1500)
    honest = -((centre - heard[:, None]) ** 2) / (2 * 36)
    spans = np.stack([age, age], axis=1)
    speakers = np.array([f"s{i}" for i in range(1500)])
    found = calibrate_quantity(honest * factor, spans, speakers, BINS, 0.05, 0.95)
    assert found.temperature == pytest.approx(factor, rel=0.25)
    assert found.coverage == pytest.approx(0.9, abs=0.03)


def test_speakers_stay_on_one_side_and_classes_on_both() -> None:
    speakers = np.repeat([f"s{i}" for i in range(50)], 3)
    labels = np.repeat(np.arange(50) % 10 == 0, 3).astype(np.float64)
    folds = speaker_folds(speakers, labels, seed=1)
    for name in np.unique(speakers):
        assert len(set(folds[speakers == name])) == 1
    for fold in range(5):
        assert set(labels[folds == fold]) == {0.0, 1.0}
    assert not np.array_equal(folds, speaker_folds(speakers, labels, seed=2))
    assert HELD_OUT in folds


def test_the_penalty_shrinks_weights_and_its_minimum_is_flat() -> None:
    """At the minimum, the gradient of cross-entropy + penalty/2 · |W|² is zero."""
    random = np.random.default_rng(0)
    features = random.normal(size=(200, 6))
    wanted = np.eye(3)[random.integers(0, 3, 200)]
    sizes = []
    for penalty in (10.0, 0.1, 0.001):
        weights, bias = regress(features, wanted, penalty)
        logits = features @ weights.T + bias
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        gradient = (p - wanted).T @ features / 200 + penalty * weights
        assert np.abs(gradient).max() < 1e-4
        sizes.append(np.linalg.norm(weights))
    assert sizes == sorted(sizes)


def test_more_features_than_sounds_give_the_same_head() -> None:
    """Narrowing to the space that the rows span is exact."""
    random = np.random.default_rng(0)
    rows, wanted = random.normal(size=(30, 90)), np.eye(2)[random.integers(0, 2, 30)]
    narrow, back = narrowed(rows)
    direct, bias = regress(rows, wanted, 0.1)
    other, other_bias = regress(narrow, wanted, 0.1)
    np.testing.assert_allclose(other @ back, direct, atol=1e-4)
    np.testing.assert_allclose(other_bias, bias, atol=1e-4)


def test_constant_features_are_scaled_to_nothing() -> None:
    scale = scale_of(np.array([[1.0, 5.0], [3.0, 5.0]]))
    np.testing.assert_allclose(scale(np.array([[1.0, 9.0]])), [[-1.0, 0.0]])


def test_a_target_lies_over_its_label() -> None:
    found = targets(np.array([[20.0, 30.0], [41.0, 41.0]]), BINS)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    centres = 5 + 2.5 * (np.arange(34) + 0.5)
    np.testing.assert_allclose(found @ centres, [25, 41], atol=0.1)
    assert found[0].max() < 0.3 < found[1].max()


def test_half_a_decade_is_half_covered() -> None:
    spans = np.array([[20.0, 30.0], [20.0, 30.0], [41.0, 41.0], [41.0, 41.0]])
    low, high = np.array([25.0, 0, 40, 42]), np.array([99.0, 10, 42, 43])
    np.testing.assert_array_equal(covered(spans, low, high), [0.5, 0, 1, 0])


def with_nan(people: People) -> npt.NDArray[np.float32]:
    features = people.features.copy()
    features[3, 2] = np.nan
    return features


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: (with_nan(p), p.classes, p.speakers), "NaN. for 1 of 600 sounds"),
        (lambda p: (p.features * np.inf, p.classes, p.speakers), "for 600 of 600 sounds"),
        (lambda p: (np.ones_like(p.features), p.classes, p.speakers), "the same for every sound"),
        (lambda p: (p.features, 0 * p.classes, p.speakers), "Every speaker is of the class 'fem"),
        (lambda p: (p.features, p.classes % 2, p.speakers), "at least 3 speakers: 'child' has 0"),
        (lambda p: (p.features, p.classes + 1, p.speakers), "0…2. Found: 3"),
        (lambda p: (p.features, p.classes - 1, p.speakers), "0…2. Found: -1"),
        (lambda p: (p.features[:18], p.classes[:18], p.speakers[:18]), "There are 9 labelled spe"),
        (lambda p: (p.features[:-1], p.classes, p.speakers), "one row per sound"),
        (lambda p: (p.features, p.classes[:-1], p.speakers), "599 labels for 600 sounds"),
        (lambda p: (p.features[:0], p.classes[:0], p.speakers[:0]), "There are 0 labelled"),
    ],
)
def test_what_cannot_be_learned_is_refused(people: People, change, words: str) -> None:
    features, labels, speakers = change(people)
    with pytest.raises(UsageError, match=words):
        fit_choice(features, labels, speakers, CLASSES, seed=0)


@pytest.mark.parametrize(
    ("spans", "words"),
    [
        ([120, 121], "The label 120…121 lies outside the bins 5…90"),
        ([30, 20], "The label 30…20 lies outside"),
        ([np.nan, 20], "lies outside the bins"),
    ],
)
def test_a_quantity_outside_the_bins_is_refused(people: People, spans, words: str) -> None:
    ages = people.ages.copy()
    ages[5] = spans
    with pytest.raises(UsageError, match=words):
        fit_quantity(people.features, ages, people.speakers, BINS, seed=0)


def test_quantiles_in_the_wrong_order_are_refused(people: People) -> None:
    with pytest.raises(UsageError, match="bound no interval"):
        fit_quantity(people.features, people.ages, people.speakers, BINS, 0, 0.9, 0.1)


def test_a_network_of_another_width_is_refused(people: People) -> None:
    with pytest.raises(UsageError, match="gives 12 values for 3 classes"):
        calibrate_choice(people.features, people.classes, people.speakers, CLASSES)
    with pytest.raises(UsageError, match="gives 12 values for 34 bins"):
        calibrate_quantity(people.features, people.ages, people.speakers, BINS, 0.1, 0.9)
