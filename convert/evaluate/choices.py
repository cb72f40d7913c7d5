"""One of several classes: gender, ethnicity. What is said against what is true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convert.evaluate.intervals import share
from convert.evaluate.metrics import Metric, Names
from convert.evaluate.results import Calibration, Confusion, Point
from convert.reference.voice.evaluate import calibration_error
from edge.inference.manifest import ChoiceAttribute
from edge.voice.estimate import Choice

NO_ANSWER = "no answer"
BINS = 10
"""of the calibration curve, over probabilities 0…1"""
FORCED, ANSWERED, RIGHT, MAJORITY = "forced", "answered", "right", "majority"


@dataclass(frozen=True)
class Choices:
    """What was said of some sounds, and what is true of them."""

    part: ChoiceAttribute
    truths: tuple[str, ...]
    """a class each"""
    said: tuple[Choice, ...]
    speakers: Names

    @property
    def answerable(self) -> tuple[str, ...]:
        """Classes that the board may answer with: those that it does not withhold."""
        withheld = {each.class_name for each in self.part.calibration.withheld}
        return tuple(name for name in self.part.classes if name not in withheld)


def metrics(choices: Choices) -> list[Metric]:
    """`forced`: the likeliest answerable class is right. `answered`: the board says something.
    `right`: of what it says. `majority`: what the commonest truth alone would reach."""
    can = np.array([truth in choices.answerable for truth in choices.truths], bool)
    truths = np.array(choices.truths, dtype=np.str_)
    forced = np.array([_forced(choices, said) for said in choices.said], dtype=np.str_)
    answered = np.array([said.value is not None for said in choices.said], bool)
    common = Counter(truths[can].tolist()).most_common(1)
    return [
        Metric(FORCED, np.where(can, forced == truths, np.nan), True),
        Metric(ANSWERED, np.where(can, answered, np.nan), True),
        Metric(RIGHT, np.where(can & answered, forced == truths, np.nan), True),
        Metric(MAJORITY, np.where(can, truths == (common[0][0] if common else ""), np.nan), True),
    ]


def confusions(choices: Choices) -> dict[str, Confusion]:
    """Forced, and as the board answers: with a column for no answer."""
    pairs = list(zip(choices.truths, choices.said, strict=True))
    forced = [(t, _forced(choices, s)) for t, s in pairs if t in choices.answerable]
    given = [(t, NO_ANSWER if s.value is None else s.value) for t, s in pairs]
    seen = [name for name in choices.part.classes if name in choices.truths]
    return {
        "forced": count(forced, choices.answerable, choices.answerable),
        "as answered": count(given, seen, (*choices.answerable, NO_ANSWER)),
    }


def count(
    pairs: Sequence[tuple[str, str]], rows: Sequence[str], columns: Sequence[str]
) -> Confusion:
    """Counts of (true, said)."""
    counted = Counter(pairs)
    return Confusion(
        tuple(rows), tuple(columns), tuple(tuple(counted[r, c] for c in columns) for r in rows)
    )


def calibration(choices: Choices) -> Calibration:
    """The probability of the likeliest class against how often it is the truth (Guo et al. 2017).

    A class that the board withholds can be true without the table saying so: a girl's voice may
    be called a child's. Sounds whose likeliest class is such a one are counted apart, unless the
    table uses the class.
    """
    confirmed = {*choices.answerable, *choices.truths}
    likeliest = [max(said.scores, key=said.scores.__getitem__) for said in choices.said]
    kept = np.array([name in confirmed for name in likeliest], bool)
    top = [said.scores[name] for said, name in zip(choices.said, likeliest, strict=True)]
    confidence = np.array(top)[kept]
    right = (np.array(likeliest, dtype=np.str_) == np.array(choices.truths, dtype=np.str_))[kept]
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    points = tuple(
        Point(
            round(float(confidence[place == b].mean()), 4),
            share(right[place == b], choices.speakers[kept][place == b]),
        )
        for b in np.unique(place)
    )
    error = round(calibration_error(confidence, right, BINS), 4) if kept.any() else None
    return Calibration(points, error, int(kept.sum()), int((~kept).sum()))


def _forced(choices: Choices, said: Choice) -> str:
    return max(choices.answerable, key=said.scores.__getitem__)
