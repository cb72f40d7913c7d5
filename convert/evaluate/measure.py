"""From what was heard to the report: every attribute after every duration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from convert.evaluate import choices, quantities
from convert.evaluate.ages import Span, age_span, is_adult, is_minor
from convert.evaluate.features import References, compare
from convert.evaluate.groups import group_name, grouping
from convert.evaluate.hearing import ALL, DURATIONS, Answers, Hearing
from convert.evaluate.metadata import GROUPS, Sound
from convert.evaluate.metrics import Metric, Names, summary
from convert.evaluate.results import (
    AttributeReport,
    Calibration,
    Confusion,
    FeatureReport,
    Moment,
)
from edge.inference.manifest import AttributePart, ChoiceAttribute

Heard = Sequence[tuple[Sound, Hearing]]


@dataclass(frozen=True)
class Sample:
    """One sound with a label, at one moment."""

    sound: Sound
    answers: Answers
    truth: str | Span


def attribute_report(
    part: AttributePart, heard: Heard, columns: Sequence[str], smallest: int
) -> AttributeReport:
    """One attribute on all sounds that have a label for it."""
    truth_of, unit = _reader(part)
    withholds = _withheld(part)
    labelled = [(s, h, truth_of(s.labels.get(part.name, ""))) for s, h in heard]
    odd = Counter(
        sound.labels[part.name]
        for sound, _, truth in labelled
        if truth is None and part.name in sound.labels
    )
    known = [(s, h, truth) for s, h, truth in labelled if truth is not None]
    after, lines = {}, {}
    long_enough = [
        (s, h, t)
        for s, h, t in known
        if set(DURATIONS) <= set(h.after) and (not withholds or is_adult(_age(s)))
    ]
    for duration in (*DURATIONS, ALL):
        samples = [Sample(s, h.after[duration], t) for s, h, t in known if duration in h.after]
        if samples:
            after[duration] = _moment(part, samples, columns, smallest)
        same = [Sample(s, h.after[duration], t) for s, h, t in long_enough]
        if same:
            speakers = _speakers(same)
            lines[duration] = summary(_read(part, same, speakers)[0], speakers, _all(same))
    claimed = None if isinstance(part, ChoiceAttribute) else part.calibration.coverage
    return AttributeReport(
        kind="choice" if isinstance(part, ChoiceAttribute) else "quantity",
        unit=unit,
        sensitive=part.sensitive,
        withholds=withholds,
        claimed=claimed,
        known=len(known),
        unknown_values=dict(odd.most_common()),
        after=after,
        same_sounds=lines,
    )


def feature_report(heard: Heard, references: References) -> FeatureReport:
    """Face features of all sounds that have a reference."""
    paired = [(s, h) for s, h in heard if s.file in references.rows]
    after = {}
    for duration in (*DURATIONS, ALL):
        there = [(s, h.after[duration]) for s, h in paired if duration in h.after]
        if there:
            after[duration] = compare(
                np.stack([answers.feature for _, answers in there]),
                references.features[[references.rows[sound.file] for sound, _ in there]],
                references.features,
                np.array([sound.speaker for sound, _ in there]),
            )
    return FeatureReport(
        references=len(references.rows),
        without_reference=len(heard) - len(paired),
        unused=len(references.rows) - len(paired),
        after=after,
    )


def _reader(part: AttributePart) -> tuple[Callable[[str], str | Span | None], str]:
    """How a label is read, and the unit."""
    if isinstance(part, ChoiceAttribute):
        classes = {name.lower(): name for name in part.classes}
        return (lambda label: classes.get(label.lower())), ""
    return age_span, part.unit


def _moment(
    part: AttributePart, samples: Sequence[Sample], columns: Sequence[str], smallest: int
) -> Moment:
    speakers, everybody = _speakers(samples), _all(samples)
    metrics, confusions, calibration = _read(part, samples, speakers)
    ages = [_age(sample.sound) for sample in samples]
    adults = np.array([is_adult(age) for age in ages], bool)
    minors = np.array([is_minor(age) for age in ages], bool)
    populations = {"everybody": everybody}
    if not adults.all():
        populations |= {"adults": adults, "minors": minors}
    # A class that is withheld, such as children's voices, would hide how a group is served.
    adults_only = bool(_withheld(part))
    groupings = tuple(
        grouping(
            column,
            [group_name(sample.sound, column) for sample in samples],
            metrics,
            speakers,
            adults if adults_only and column != "age" else everybody,
            smallest,
            adults_only=adults_only and column != "age" and not bool(adults.all()),
        )
        for column in GROUPS
        if column in columns
    )
    return Moment(
        evidence_s=round(float(np.mean([s.answers.evidence_s for s in samples])), 2),
        populations={
            name: summary(metrics, speakers, chosen)
            for name, chosen in populations.items()
            if chosen.any()
        },
        confusions=confusions,
        calibration=calibration,
        groupings=groupings,
    )


def _read(
    part: AttributePart, samples: Sequence[Sample], speakers: Names
) -> tuple[list[Metric], dict[str, Confusion], Calibration]:
    """Metrics, confusion matrices and calibration curve of one attribute."""
    if isinstance(part, ChoiceAttribute):
        chosen = choices.Choices(
            part,
            tuple(s.truth for s in samples if isinstance(s.truth, str)),
            tuple(s.answers.choices[part.name] for s in samples),
            speakers,
        )
        return choices.metrics(chosen), choices.confusions(chosen), choices.calibration(chosen)
    numbers = quantities.Quantities(
        tuple(s.truth for s in samples if not isinstance(s.truth, str)),
        tuple(s.answers.readings[part.name] for s in samples),
        speakers,
    )
    return (
        quantities.metrics(numbers),
        quantities.confusions(numbers),
        quantities.calibration(numbers),
    )


def _withheld(part: AttributePart) -> tuple[str, ...]:
    if not isinstance(part, ChoiceAttribute):
        return ()
    return tuple(each.class_name for each in part.calibration.withheld)


def _age(sound: Sound) -> Span | None:
    return age_span(sound.labels.get("age", ""))


def _speakers(samples: Sequence[Sample]) -> Names:
    return np.array([sample.sound.speaker for sample in samples], dtype=np.str_)


def _all(samples: Sequence[Sample]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.ones(len(samples), bool)
