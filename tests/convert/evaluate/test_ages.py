"""Ages as people write them."""

from __future__ import annotations

import pytest

from convert.evaluate.ages import age_span, is_adult, is_minor, ten


@pytest.mark.parametrize(
    ("written", "span"),
    [
        ("25", (25, 26)),
        (" 7 ", (7, 8)),
        ("25.0", (25, 26)),
        ("25.3", (25.25, 25.35)),
        ("twenties", (20, 30)),
        ("Fourties", (40, 50)),
        ("forties", (40, 50)),
        ("teens", (13, 20)),
        ("30s", (30, 40)),
        ("20-29", (20, 30)),
        ("20–29", (20, 30)),
    ],
)
def test_years_decades_and_ranges_are_understood(written: str, span: tuple[float, float]) -> None:
    assert age_span(written) == pytest.approx(span)


@pytest.mark.parametrize("written", ["", "old", "-3", "29-20", "1e3", "nan", "12345"])
def test_what_is_not_an_age_is_none(written: str) -> None:
    assert age_span(written) is None


def test_teens_are_neither_adults_nor_minors_for_sure() -> None:
    teens = age_span("teens")
    assert (is_adult(teens), is_minor(teens)) == (False, False)
    assert is_adult(None)
    assert (is_adult((18, 19)), is_minor((17, 18))) == (True, True)


def test_tens_have_names() -> None:
    assert [ten(value) for value in (9.9, 10, 25.5)] == ["0–9", "10–19", "20–29"]
