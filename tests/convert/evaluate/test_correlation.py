"""Pearson's r, its interval and its chance."""

from __future__ import annotations

import numpy as np
import pytest

from convert.evaluate.correlation import correlation


def test_r_worked_out_by_hand() -> None:
    """Deviations -1.5 -0.5 0.5 1.5 and -1 -2 2 1: 5 / √(5 · 10)."""
    found = correlation([1, 2, 3, 4], [2, 1, 5, 4], list("abcd"))
    assert found.r == pytest.approx(5 / np.sqrt(50), abs=1e-4)
    # atanh 0.7071 = 0.8814, ± 1.96
    assert (found.low, found.high) == pytest.approx((-0.7932, 0.9932), abs=1e-3)


def test_p_is_the_share_of_pairings_as_far_from_zero() -> None:
    """Of the 6 orders of three values, rising and falling reach |r| = 1."""
    found = correlation([1, 2, 3], [10, 20, 30], list("abc"))
    assert found.r == 1
    assert found.p == pytest.approx(2 / 6, abs=0.02)
    # |r| of the six: 1, 1, and 0.5 four times
    assert found.chance == pytest.approx(4 / 6, abs=0.02)


def test_unrelated_measures_have_a_large_p_and_related_a_small_one() -> None:
    chance = np.random.default_rng(3)
    a, noise = chance.standard_normal((2, 60))
    who = np.arange(60)
    unrelated, related = correlation(a, noise, who), correlation(a, a + noise, who)
    assert unrelated.p is not None
    assert related.p is not None
    assert unrelated.p > 0.05
    assert related.p < 0.001
    assert related.chance == pytest.approx(np.sqrt(2 / np.pi / 59), abs=0.02)


def test_a_speaker_counts_once() -> None:
    once = correlation([1, 2, 3, 4], [2, 1, 5, 4], list("abcd"))
    often = correlation([0, 2, 2, 3, 4], [1, 3, 1, 5, 4], list("aabcd"))
    assert (often.r, often.speakers) == (once.r, 4)


def test_what_does_not_vary_has_no_correlation() -> None:
    assert correlation([1, 1, 1], [1, 2, 3], list("abc")).r is None
    assert correlation([1, 2], [1, 2], list("ab")).r is None
