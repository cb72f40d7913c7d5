"""What the declared labels become."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convert.reference.voice.corpora import read_corpora
from convert.reference.voice.labels import (
    AGE_EDGES,
    GENDERS,
    IGNORED,
    age_target,
    gender_class,
    is_adult,
    is_doubtful,
)
from convert.reference.voice.prepare import Utterance
from convert.reference.voice.sampling import sampling_weights
from edge.errors import UsageError

MAN = Utterance("commonvoice_61", "a", "s", "male", (30.0, 40.0), "", 0, 16000, 120.0)


def test_corpora_are_read(tmp_path: Path) -> None:
    (tmp_path / "commonvoice_61").mkdir()
    (tmp_path / "commonvoice_61" / "metadata.csv").write_text(
        "file,speaker,gender,age,accent\na.opus,s1,male,fourties,de\nb.opus,s2,,9,\nc.opus,s3,other,,\n"
    )
    first, second, third = read_corpora(tmp_path)
    assert (first.corpus, first.speaker, first.age) == ("commonvoice_61", "s1", (40.0, 50.0))
    assert second.age == (9.0, 10.0)
    assert (third.gender, third.age) == ("other", None)


def test_no_corpora_is_an_error_that_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No speech corpus was found"):
        read_corpora(tmp_path)


@pytest.mark.parametrize(
    ("gender", "age", "expected"),
    [
        ("male", (30.0, 40.0), "male"),
        ("female", None, "female"),
        ("male", (9.0, 10.0), "child"),
        ("female", (14.0, 15.0), "child"),
        ("male", (15.0, 16.0), None),
        ("male", (13.0, 20.0), "male"),
        ("other", (30.0, 40.0), None),
        ("", None, None),
    ],
)
def test_gender_class(gender: str, age: tuple[float, float] | None, expected: str | None) -> None:
    index = gender_class(replace(MAN, gender=gender, age=age))
    assert index == (IGNORED if expected is None else GENDERS.index(expected))


def test_who_counts_as_an_adult() -> None:
    assert is_adult(MAN)
    assert is_adult(replace(MAN, age=None))
    assert not is_adult(replace(MAN, age=(13.0, 20.0)))
    assert not is_adult(replace(MAN, age=(12.0, 13.0)))


def test_a_pitch_that_contradicts_an_unchecked_label_makes_it_doubtful() -> None:
    assert not is_doubtful(MAN)
    assert is_doubtful(replace(MAN, pitch_hz=210.0))
    assert is_doubtful(replace(MAN, gender="female", pitch_hz=110.0))
    assert not is_doubtful(replace(MAN, pitch_hz=0.0))
    assert not is_doubtful(replace(MAN, pitch_hz=210.0, corpus="librispeech"))


def test_age_target_lies_around_the_age() -> None:
    centres = (AGE_EDGES[:-1] + AGE_EDGES[1:]) / 2
    exact, decade = age_target((8.0, 9.0)), age_target((50.0, 60.0))
    assert exact.sum() == pytest.approx(1, abs=1e-5)
    assert decade @ centres == pytest.approx(55, abs=0.1)
    assert decade[(centres > 50) & (centres < 60)].sum() > 0.75
    assert exact @ centres == pytest.approx(8.7, abs=0.6)
    assert not age_target(None).any()


def test_sampling_evens_out_women_and_men() -> None:
    women = [replace(MAN, gender="female", age=(20.0, 30.0)) for _ in range(3)]
    men = [replace(MAN, age=(age, age + 10)) for age in (20.0,) * 16 + (50.0,)]
    weights = sampling_weights(women + men)
    assert weights.sum() == pytest.approx(1)
    assert weights[:3].sum() == pytest.approx(0.5)
    assert weights[-1] / weights[3] == pytest.approx(4)
    assert np.all(weights > 0)
