"""Shares and means over speakers, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from convert.evaluate.intervals import mean, share


def test_wilson_where_every_speaker_is_there_once() -> None:
    """8 of 10: (0.8 + 1.96² / 20 ± 1.96 √(0.016 + 1.96² / 400)) / (1 + 1.96² / 10)."""
    measured = share([1] * 8 + [0] * 2, [f"{n}" for n in range(10)])
    assert (measured.value, measured.method) == (0.8, "wilson")
    assert (measured.low, measured.high) == pytest.approx((0.4902, 0.9433), abs=2e-4)
    assert (measured.sounds, measured.speakers) == (10, 10)


def test_sounds_of_one_speaker_do_not_narrow_the_interval() -> None:
    """Ten speakers, each ten times the same: no more is known than from ten sounds."""
    hits, who = np.repeat([1] * 8 + [0] * 2, 10), np.repeat(np.arange(10), 10)
    measured = share(hits, who)
    assert (measured.value, measured.method) == (0.8, "bootstrap")
    assert (measured.sounds, measured.speakers) == (100, 10)
    assert measured.low is not None
    assert measured.high is not None
    # the binomial's quantiles: 5 and 10 of 10
    assert (measured.low, measured.high) == pytest.approx((0.5, 1.0), abs=0.06)


def test_where_all_agree_the_speakers_are_counted() -> None:
    """All of 4 speakers: the lower end is 4 / (4 + 1.96²)."""
    measured = share(np.ones(40), np.repeat(np.arange(4), 10))
    assert (measured.value, measured.method) == (1.0, "wilson")
    assert measured.low == pytest.approx(4 / (4 + 1.96**2), abs=1e-4)


def test_balanced_means_weigh_speakers_not_sounds() -> None:
    values, who = [0, 0, 0, 4], ["a", "a", "a", "b"]
    assert mean(values, who).value == 1.0
    assert mean(values, who, balanced=True).value == 2.0
    assert share([0, 0, 0, 1], who, balanced=True).value == 0.5


def test_bootstrap_interval_of_a_mean_is_that_of_the_normal() -> None:
    """Standard error of 400 values with deviation 1: 0.05."""
    values = np.random.default_rng(1).standard_normal(400)
    measured = mean(values, np.arange(400))
    assert measured.value is not None
    assert measured.low == pytest.approx(measured.value - 1.96 * 0.05, abs=0.015)
    assert measured.high == pytest.approx(measured.value + 1.96 * 0.05, abs=0.015)


def test_the_same_data_give_the_same_interval() -> None:
    values, who = np.arange(30) % 7, np.arange(30) // 2
    assert mean(values, who) == mean(values, who)


def test_shares_between_none_and_whole_are_resampled() -> None:
    measured = share([0.5, 1.0, 0.0, 0.5], ["a", "b", "c", "d"])
    assert (measured.value, measured.method) == (0.5, "bootstrap")


def test_one_speaker_has_no_interval_and_none_no_value() -> None:
    one = mean([1.0, 3.0], ["a", "a"])
    assert (one.value, one.low, one.method) == (2.0, None, "none")
    nobody = share([], [])
    assert (nobody.value, nobody.sounds, nobody.speakers) == (None, 0, 0)
