"""Who is served how well."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convert.evaluate.groups import group_name, grouping
from convert.evaluate.metadata import Sound
from convert.evaluate.metrics import Metric

SPEAKERS = np.array(["a", "a", "a", "b", "c", "d", "e"])
HITS = Metric("forced", np.array([1.0, 1.0, 0.0, 0.0, 1.0, 1.0, np.nan]), is_share=True)
EVERYBODY = np.ones(7, bool)


def test_speakers_weigh_the_same() -> None:
    found = grouping("gender", ["f"] * 4 + ["m"] * 3, [HITS], SPEAKERS, EVERYBODY, 2)
    female, male = found.groups
    assert (female.name, female.speakers, female.few) == ("m", 3, False)
    assert (male.name, male.speakers) == ("f", 2)
    # a is right in two of three, b never
    assert male.measures["forced"].value == pytest.approx(1 / 3, abs=1e-4)
    # of c, d, e only two have a value
    assert (female.measures["forced"].value, female.measures["forced"].speakers) == (1.0, 2)


def test_small_groups_of_an_accent_are_put_together() -> None:
    names = ["x", "x", "x", "x", "y", "z", "not known"]
    found = grouping("accent", names, [HITS], SPEAKERS, EVERYBODY, 2)
    assert [group.name for group in found.groups] == ["x", "not known", "2 small groups"]
    merged = found.groups[-1]
    assert (merged.members, merged.speakers, merged.few) == (("y", "z"), 2, False)
    assert found.groups[1].few


def test_ages_keep_their_order_and_are_flagged() -> None:
    names = ["20–29", "20–29", "20–29", "100–109", "0–9", "not known", "0–9"]
    found = grouping("age", names, [HITS], SPEAKERS, EVERYBODY, 2)
    assert [group.name for group in found.groups] == ["0–9", "20–29", "100–109", "not known"]
    assert [group.few for group in found.groups] == [False, True, True, True]


def test_those_outside_the_population_are_not_counted() -> None:
    found = grouping("gender", ["f"] * 7, [HITS], SPEAKERS, SPEAKERS == "a", 1)
    assert (found.groups[0].speakers, found.groups[0].measures["forced"].sounds) == (1, 3)


def test_names_of_groups() -> None:
    sound = Sound("a.wav", Path("a.wav"), "a", {"age": "teens", "accent": "scots"})
    assert group_name(sound, "age") == "10–19"
    assert group_name(sound, "accent") == "scots"
    assert group_name(sound, "gender") == "not known"
    assert group_name(Sound("a", Path("a"), "a", {"age": "old"}), "age") == "not known"
