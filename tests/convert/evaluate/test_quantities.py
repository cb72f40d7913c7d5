"""Age and the like: errors, intervals and their claims."""

from __future__ import annotations

import numpy as np
import pytest
from estimates import AGE

from convert.evaluate import quantities
from convert.evaluate.hearing import LEVELS, Reading, read
from convert.evaluate.metrics import summary


def reading(median: float, low: float, high: float, *, given: bool = True) -> Reading:
    return Reading(
        given, median, low, high, tuple((median - 50 * x, median + 50 * x) for x in LEVELS)
    )


PEOPLE = quantities.Quantities(
    ((20, 30), (40, 41), (60, 61)),
    (
        reading(34, 25, 45),  # 4 years off its end, 9 off its middle; half of the decade is inside
        reading(40.5, 35, 50),  # right
        reading(35.5, 20, 55, given=False),  # 24.5 off its end, 25 off its middle; outside
    ),
    np.array(["a", "b", "c"]),
)


def values(given: quantities.Quantities) -> dict[str, float | None]:
    chosen = np.ones(len(given.truths), bool)
    found = summary(quantities.metrics(given), given.speakers, chosen)
    return {name: measured.value for name, measured in found.items()}


def test_errors_worked_out_by_hand() -> None:
    found = values(PEOPLE)
    assert found["error"] == pytest.approx((4 + 0 + 24.5) / 3, abs=1e-4)
    assert found["error_to_middle"] == pytest.approx((9 + 0 + 25) / 3, abs=1e-4)
    assert found["within_10"] == pytest.approx(2 / 3, abs=1e-4)
    assert found["error_of_answers"] == 2
    assert found["answered"] == pytest.approx(2 / 3, abs=1e-4)


def test_the_baseline_says_the_median_of_the_truths() -> None:
    """Middles 25, 40.5, 60.5: 40.5 is 10.5 from 20–30, and 19.5 from 60."""
    assert values(PEOPLE)["baseline_error"] == pytest.approx((10.5 + 0 + 19.5) / 3, abs=1e-4)


def test_interval_coverage_and_width() -> None:
    found = values(PEOPLE)
    assert found["holds"] == pytest.approx((0.5 + 1 + 0) / 3, abs=1e-4)
    assert found["width"] == pytest.approx((20 + 15 + 35) / 3, abs=1e-4)


def test_confusion_over_tens() -> None:
    found = quantities.confusions(PEOPLE)
    assert found["forced"].rows == ("20–29", "30–39", "40–49", "50–59", "60–69")
    assert found["forced"].counts[0] == (0, 1, 0, 0, 0)
    assert found["forced"].counts[2] == (0, 0, 1, 0, 0)
    assert found["forced"].counts[4] == (0, 1, 0, 0, 0)
    assert found["as answered"].counts[4] == (0, 0, 0, 0, 0, 1)


def test_calibration_of_central_intervals() -> None:
    """Truths at 0…99, each exactly there; half-widths of 50·level around 50 hold level of them."""
    truths = tuple((float(n), n + 1.0) for n in range(100))
    given = quantities.Quantities(truths, (reading(50, 10, 90),) * 100, np.arange(100).astype(str))
    curve = quantities.calibration(given)
    assert [point.expected for point in curve.points] == list(LEVELS)
    assert [point.observed.value for point in curve.points] == pytest.approx(list(LEVELS))
    assert curve.error == pytest.approx(0)
    sure = quantities.Quantities(truths, (reading(1000, 10, 90),) * 100, given.speakers)
    assert quantities.calibration(sure).error == pytest.approx(0.5)


def test_nobody_gives_no_numbers() -> None:
    nobody = quantities.Quantities((), (), np.array([], dtype=np.str_))
    assert values(nobody)["error"] is None
    assert quantities.calibration(nobody).error is None


def test_a_reading_is_the_boards_own() -> None:
    """All mass spread evenly over 20…40."""
    logits = np.full(10, -50.0, np.float32)
    logits[2:4] = 0
    found = read(AGE, logits)
    assert (found.median, found.low, found.high) == pytest.approx((30, 22, 38))
    assert found.central[4] == pytest.approx((25, 35))  # half of it
    assert found.given
    assert not read(AGE, np.zeros(10, np.float32)).given  # 80 years wide
