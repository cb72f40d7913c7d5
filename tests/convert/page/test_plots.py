"""Plots draw what they are given, to scale, with words escaped."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from convert.page.bars import bars
from convert.page.calibration_curve import calibration_curve
from convert.page.curves import curves
from convert.page.heat_map import heat_map
from convert.page.mark import Mark
from convert.page.svg import shorten, ticks

EVIL = 'a<b>&"c'


def shapes(svg: str, tag: str, kind: str = "") -> list[dict[str, str]]:
    """Attributes of the shapes of a class, in their order."""
    found = ElementTree.fromstring(svg).iter(tag)
    return [s.attrib for s in found if not kind or kind in s.attrib.get("class", "").split()]


def words(svg: str) -> list[str]:
    return ["".join(t.itertext()) for t in ElementTree.fromstring(svg).iter("text")]


def percent(number: float) -> str:
    return f"{number:.0%}"


def test_heat_map_shows_shares_of_the_row_and_counts() -> None:
    svg = heat_map(["x", EVIL], ["x", "no answer"], [[3, 1], [0, 0]], "confusion")
    assert {"75%", "3", "25%", "1", "x (4)", 'a<b>&"c (0)', "no", "answer"} <= set(words(svg))
    dark = [float(cell["fill-opacity"]) for cell in shapes(svg, "rect", "accent")]
    assert dark == pytest.approx([0.06 + 0.94 * 0.75, 0.06 + 0.94 * 0.25, 0.06, 0.06])
    tips = [t.text for t in ElementTree.fromstring(svg).iter("title")]
    assert tips[0] == "x → x: 3 of 4"


def test_heat_map_of_nothing() -> None:
    assert shapes(heat_map([], ["no answer"], [], "confusion"), "rect") == []


def test_bars_are_to_scale_with_whiskers_and_pale_when_few() -> None:
    marks = [Mark("a", 0.5, 0.25, 1.0, "n = 9"), Mark("b", 1.0, note="n = 1", few=True)]
    svg = bars(marks, "groups", percent, top=1.0, line_at=0.75)
    half, whole = shapes(svg, "rect", "accent")
    assert float(half["width"]) == pytest.approx(float(whole["width"]) / 2, abs=0.1)
    assert "few" in whole["class"]
    whisker = shapes(svg, "line", "whisker")[0]
    left, width = float(whole["x"]), float(whole["width"])
    assert float(whisker["x1"]) == pytest.approx(left + 0.25 * width, abs=0.1)
    assert float(whisker["x2"]) == pytest.approx(left + width, abs=0.1)
    dashed = shapes(svg, "line", "dashed")[0]
    assert float(dashed["x1"]) == pytest.approx(left + 0.75 * width, abs=0.1)
    assert "50%  n = 9" in words(svg)


def test_calibration_lies_on_the_diagonal_when_claims_come_true() -> None:
    svg = calibration_curve([(x, Mark("", x, x, x)) for x in (0.0, 0.5, 1.0)], "curve", "claimed")
    (diagonal,) = shapes(svg, "line", "dashed")
    dots = [(float(d["cx"]), float(d["cy"])) for d in shapes(svg, "circle")]
    assert dots[0] == (float(diagonal["x1"]), float(diagonal["y1"]))
    assert dots[2] == (float(diagonal["x2"]), float(diagonal["y2"]))
    assert dots[1] == pytest.approx(((dots[0][0] + dots[2][0]) / 2, (dots[0][1] + dots[2][1]) / 2))


def test_curves_draw_bands_and_leave_few_cases_out_of_the_line() -> None:
    marks = [
        Mark("1 s", 0.8, 0.7, 0.9),
        Mark("3 s", 0.9, 0.8, 1.0),
        Mark("6 s", 0.1, 0.0, 0.9, few=True),
    ]
    svg = curves([("all", marks), ("same", marks[:2])], "by duration", percent, (0.0, 1.0))
    lines = shapes(svg, "polyline")
    assert [len(line["points"].split()) for line in lines] == [2, 2]
    band = shapes(svg, "polygon", "band")[0]["points"].split()
    assert len(band) == 4
    heights = [float(point.split(",")[1]) for point in lines[0]["points"].split()]
    assert heights[0] > heights[1]  # more is higher up
    assert len(shapes(svg, "circle")) == 5
    assert {"all", "same", "1 s", "3 s", "6 s"} <= set(words(svg))


def test_labels_are_escaped_everywhere() -> None:
    mark = Mark(EVIL, 0.5, 0.4, 0.6, EVIL)
    for svg in (
        heat_map([EVIL], [EVIL], [[1]], EVIL),
        bars([mark], EVIL, percent),
        calibration_curve([(0.5, mark)], EVIL, EVIL),
        curves([(EVIL, [mark])], EVIL, percent),
    ):
        assert ElementTree.fromstring(svg).attrib["aria-label"] == EVIL
        assert "<b>" not in svg


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.91, 0.99, [0.9, 0.92, 0.94, 0.96, 0.98, 1.0]),
        (3.0, 11.0, [2.0, 4.0, 6.0, 8.0, 10.0, 12.0]),
        (5.0, 5.0, [5.0]),
    ],
)
def test_ticks_are_round_and_enclose(low: float, high: float, expected: list[float]) -> None:
    found = ticks(low, high)
    assert found[: len(expected)] == pytest.approx(expected)
    assert found[0] <= low + 1e-6
    assert found[-1] >= high - 1e-6


def test_long_labels_are_cut() -> None:
    assert shorten("a long label", 8) == "a long…"
    assert shorten("short", 8) == "short"


def test_no_colour_is_written_into_a_plot() -> None:
    """Colours come from the page's style, so that the dark one is right too."""
    svg = bars([Mark("a", 1.0)], "groups", percent)
    assert not re.search(r"#[0-9a-f]{3,6}|rgb\(", svg)
