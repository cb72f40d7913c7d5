from __future__ import annotations

from dataclasses import replace

import pytest

from edge.display import words
from edge.display.view import view
from edge.scene import CAPTION, Scene
from edge.state import State
from edge.voice.estimate import Choice, Estimate, Quantity


def test_a_choice_says_its_probability() -> None:
    line = words.line("gender", Choice("female", 0.97, {"female": 0.97, "male": 0.03}))
    assert (line.label, line.value) == ("gender", "female, 97\u00a0%")
    assert line.share == (0, 0.97)


def test_a_quantity_says_its_interval_and_what_it_means() -> None:
    line = words.line("age", Quantity(34.2, 24.1, 46.8, "years", 0.8))
    assert line.value == "34 (24–47)"
    assert line.note == "the range holds for 80\u00a0% of speakers"
    assert line.share == pytest.approx((0.241, 0.468))


@pytest.mark.parametrize(
    "attribute",
    [
        Choice(None, None, {"female": 0.5, "male": 0.5}, "too little speech"),
        Quantity(None, None, None, "years", 0.8, "too little speech"),
    ],
)
def test_abstaining_says_so_and_why(attribute: Choice | Quantity) -> None:
    line = words.line("gender", attribute)
    assert (line.value, line.note, line.share) == ("not sure", "too little speech", None)


@pytest.mark.parametrize(
    ("share", "said"),
    [(1.0, "over 99\u00a0%"), (0.994, "over 99\u00a0%"), (0.5, "50\u00a0%"), (0, "under 1\u00a0%")],
)
def test_a_probability_never_claims_certainty(share: float, said: str) -> None:
    assert words.percent(share) == said


def test_a_quantity_of_another_scale_has_no_bar() -> None:
    line = words.line("body_height", Quantity(172, 160, 184, "cm", 0.8))
    assert (line.label, line.value, line.share) == ("body height", "172 cm (160–184)", None)


def test_every_state_has_a_sign_of_its_own() -> None:
    assert set(words.SIGNS) == set(State)
    for part in ("word", "colour", "icon"):
        assert len({getattr(sign, part) for sign in words.SIGNS.values()}) == len(State)


def test_the_page_gets_words_and_numbers_and_nothing_else(estimate: Estimate) -> None:
    shown = view(Scene(State.SPEAKING, estimate, level=0.1234), "face.png?v=1")
    assert shown["state"]["word"] == "Speaking"
    assert shown["caption"] == CAPTION
    assert shown["evidence"] == "5.8 s of speech heard"
    gender, age = shown["attributes"]
    assert [score["words"] for score in gender["scores"]] == [
        "97\u00a0%",
        "3\u00a0%",
        "under 1\u00a0%",
    ]
    assert age["interval"] == {"low": 0.241, "high": 0.468, "value": 0.342}
    assert shown["craniofacial"] == {"nasal index": "0.71"}
    assert "12345" not in str(shown), "the feature never leaves"


def test_the_page_shows_only_what_the_estimate_holds(estimate: Estimate) -> None:
    bare = replace(estimate, attributes={}, craniofacial={})
    shown = view(Scene(State.SPEAKING, bare), None)
    assert (shown["attributes"], shown["craniofacial"]) == ([], {})
