"""Gender and the like: what is said against what is true."""

from __future__ import annotations

import numpy as np
import pytest
from estimates import GENDER, said

from convert.evaluate import choices
from convert.evaluate.metrics import summary
from edge.voice.estimate import Choice


def people(*rows: tuple[str, Choice]) -> choices.Choices:
    names = np.array([f"{n}" for n in range(len(rows))])
    return choices.Choices(GENDER, tuple(t for t, _ in rows), tuple(s for _, s in rows), names)


FOUR = people(
    ("female", said(0.95, 0.05)),  # right
    ("female", said(0.3, 0.7)),  # wrong, but not sure enough to say so
    ("male", said(0.85, 0.15)),  # wrong
    ("male", said(0.05, 0.75, 0.2)),  # right when forced; withheld
)


def rates(given: choices.Choices) -> dict[str, float | None]:
    chosen = np.ones(len(given.truths), bool)
    found = summary(choices.metrics(given), given.speakers, chosen)
    return {name: measured.value for name, measured in found.items()}


def test_forced_answered_and_right() -> None:
    assert rates(FOUR) == {"forced": 0.5, "answered": 0.5, "right": 0.5, "majority": 0.5}


def test_confusion_counts_every_sound() -> None:
    found = choices.confusions(FOUR)
    assert found["forced"].columns == ("female", "male")
    assert found["forced"].counts == ((1, 1), (1, 1))
    assert found["as answered"].columns == ("female", "male", "no answer")
    assert found["as answered"].counts == ((1, 0, 1), (1, 0, 1))


def test_a_class_that_is_withheld_has_no_forced_answer() -> None:
    given = people(("child", said(0.1, 0.1, 0.8)), ("male", said(0.0, 1.0)))
    assert rates(given)["forced"] == 1.0
    found = choices.confusions(given)
    assert found["forced"].counts == ((0, 0), (0, 1))
    assert found["as answered"].rows == ("male", "child")
    assert found["as answered"].counts == ((0, 1, 0), (0, 0, 1))


def test_calibration_error_of_too_sure_a_network() -> None:
    """Ten times 95 %, nine times right: 0.05 off. Ten times 65 %, five times right: 0.15 off."""
    rows = [("female" if n else "male", said(0.95, 0.05)) for n in range(10)]
    rows += [("female" if n % 2 else "male", said(0.65, 0.35)) for n in range(10)]
    curve = choices.calibration(people(*rows))
    assert curve.error == pytest.approx((0.05 + 0.15) / 2)
    assert [point.expected for point in curve.points] == [0.65, 0.95]
    assert [point.observed.value for point in curve.points] == [0.5, 0.9]
    assert [point.observed.sounds for point in curve.points] == [10, 10]


def test_what_the_table_cannot_confirm_is_counted_apart() -> None:
    curve = choices.calibration(people(("male", said(0.1, 0.1, 0.8)), ("male", said(0.0, 1.0))))
    assert (curve.sounds, curve.without_truth) == (1, 1)
    nothing = choices.calibration(people(("male", said(0.1, 0.1, 0.8))))
    assert (nothing.error, nothing.points) == (None, ())
