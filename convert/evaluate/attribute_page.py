"""One attribute on the page: by duration, confusion, calibration, by group."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from convert.evaluate.hearing import ALL
from convert.evaluate.intervals import Measured
from convert.evaluate.results import AttributeReport, Calibration, Confusion, Grouping, Moment
from convert.evaluate.wording import SHARES, SHOWN, TITLES, shown, value
from convert.page.bars import bars
from convert.page.calibration_curve import calibration_curve
from convert.page.curves import curves
from convert.page.document import figure, heading, paragraph, row
from convert.page.heat_map import heat_map
from convert.page.mark import Mark
from convert.page.table import Cell, table

PLOTTED = {"choice": ("forced", "right", "answered"), "quantity": ("error", "holds", "width")}
BY_GROUP = {"choice": ("forced", "answered", "right"), "quantity": ("error", "holds")}
POPULATIONS = {"everybody": "", "adults": ", adults", "minors": ", under 18"}
EXPLAINED = {
    "choice": "“Forced” takes the likelier class of every voice. The board answers only when it "
    "is sure enough: “answered” is how often, “right when answered” how often it is then right. "
    "“Always the commonest” is what saying the commonest class every time would reach.",
    "quantity": "The error is that of the median, also where the board would not say it; where a "
    "decade is all that is known, it is the distance to its nearest end, and “to the middle” and "
    "“within ±10” take its middle. “Error of the median” is that of always saying the median of "
    "the table.",
}


def focus(attribute: AttributeReport) -> str | None:
    """The duration that is shown in detail: 6 or 3 s where most speakers reach it, else all."""
    after = attribute.after
    most = max((_speakers(moment) for moment in after.values()), default=0)
    for duration in ("6 s", "3 s", ALL):
        if duration in after and (duration == ALL or _speakers(after[duration]) >= 0.8 * most):
            return duration
    return None


def main_population(attribute: AttributeReport, moment: Moment) -> tuple[str, dict[str, Measured]]:
    """Name and measures of those whom the attribute is about: adults, where some voices are
    withheld because they may be children's."""
    name = "adults" if attribute.withholds and "adults" in moment.populations else "everybody"
    return name, moment.populations[name]


def attribute_section(name: str, attribute: AttributeReport, smallest: int) -> Iterator[str]:
    """HTML blocks of one attribute."""
    yield heading(name.capitalize())
    duration = focus(attribute)
    if duration is None:
        yield paragraph("No sound has both a label and an estimate.")
        return
    unit = f" Numbers are in {attribute.unit}." if attribute.unit else ""
    claim = f" The bundle claims {attribute.claimed:.0%}." if attribute.claimed else ""
    yield paragraph(EXPLAINED[attribute.kind] + unit + claim, "small")
    yield _by_duration(attribute)
    yield row(_duration_plots(attribute, smallest))
    yield heading("Confusion", 3)
    yield paragraph(
        "Rows are what is true, with the number of sounds; columns what was said: forced, or as "
        "the board answers. Numbers are shares of the row, and counts.",
        "small",
    )
    for kind in ("forced", "as answered"):
        yield row(
            figure(f"{_after(name)}, {kind}", _heat(moment.confusions[kind]))
            for name, moment in attribute.after.items()
        )
    yield heading("Calibration", 3)
    yield paragraph(_calibration_words(attribute), "small")
    yield row(
        figure(f"{_after(name)}{_error(moment.calibration)}", _curve(attribute, name))
        for name, moment in attribute.after.items()
    )
    for grouping in attribute.after[duration].groupings:
        if len(grouping.groups) > 1:
            yield from _group_section(attribute, duration, grouping, smallest)


def _by_duration(attribute: AttributeReport) -> str:
    names = SHOWN[attribute.kind]
    rows: list[Sequence[Cell]] = []
    for duration, moment in attribute.after.items():
        for population, measures in moment.populations.items():
            first = measures[names[0]]
            size = (f"{first.sounds}", f"{first.speakers}")
            cells = (shown(name, measures[name]) for name in names)
            rows.append((f"{_after(duration)}{POPULATIONS[population]}", *size, *cells))
    return table(("", "sounds", "speakers", *(TITLES[name] for name in names)), rows)


def _duration_plots(attribute: AttributeReport, smallest: int) -> Iterator[str]:
    people = {name: main_population(attribute, m) for name, m in attribute.after.items()}
    whom = "adults" if any(name == "adults" for name, _ in people.values()) else "all"
    everybody = {name: measures for name, (_, measures) in people.items()}
    for name in PLOTTED[attribute.kind]:
        series = [(f"{whom} who speak that long", _over(everybody, name, smallest))]
        same = _over(attribute.same_sounds, name, smallest)
        if same and not any(mark.few for mark in same):
            sounds = attribute.same_sounds[ALL][SHOWN[attribute.kind][0]].sounds
            series.append((f"the same {sounds} sounds", same))
        if not series[0][1]:
            continue
        limits = (0.0, 1.0) if name in SHARES else None
        words = f"{TITLES[name].capitalize()}, by seconds of speech"
        yield figure(words, curves(series, words, _show(name), limits))


def _over(after: Mapping[str, Mapping[str, Measured]], name: str, smallest: int) -> list[Mark]:
    return [
        Mark(duration, m.value, m.low, m.high, f"{m.sounds} sounds", m.speakers < smallest)
        for duration, measures in after.items()
        if (m := measures[name]).value is not None
    ]


def _heat(confusion: Confusion) -> str:
    return heat_map(confusion.rows, confusion.columns, confusion.counts, "confusion matrix")


def _curve(attribute: AttributeReport, duration: str) -> str:
    claim = "claimed probability" if attribute.kind == "choice" else "claimed by the interval"
    points = [
        (
            point.expected,
            Mark("", m.value, m.low, m.high, f"({m.sounds} sounds)", few=m.sounds < 10),
        )
        for point in attribute.after[duration].calibration.points
        if (m := point.observed).value is not None
    ]
    return calibration_curve(points, "calibration curve", claim)


def _calibration_words(attribute: AttributeReport) -> str:
    if attribute.kind == "quantity":
        return (
            "How often the truth lies in intervals that claim to hold it. Above the line: too wide."
        )
    words = (
        "How often the likeliest class is true, over its probability. Below the line: too sure. "
        "Pale dots rest on fewer than 10 sounds."
    )
    apart = max(moment.calibration.without_truth for moment in attribute.after.values())
    if not apart:
        return words
    return (
        f"{words} Not in the curve: up to {apart} sounds whose likeliest class the table has no "
        "label for."
    )


def _error(calibration: Calibration) -> str:
    return "" if calibration.error is None else f": error {calibration.error:.3f}"


def _group_section(
    attribute: AttributeReport, duration: str, grouping: Grouping, smallest: int
) -> Iterator[str]:
    yield heading(f"By {grouping.column}, after {_after(duration)}", 3)
    only = " Adults, and those whose age is not known." if grouping.adults_only else ""
    yield paragraph(
        f"Every speaker weighs the same.{only} Pale: fewer than {smallest} speakers. Dashed: the "
        "whole.",
        "small",
    )
    population = "adults" if grouping.adults_only else "everybody"
    whole = attribute.after[duration].populations[population]
    plots = []
    for name in BY_GROUP[attribute.kind]:
        marks = [
            Mark(group.name, m.value, m.low, m.high, f"n = {m.speakers}", group.few)
            for group in grouping.groups
            if (m := group.measures[name]).value is not None
        ]
        if marks:
            top = 1.0 if name in SHARES else None
            drawn = bars(marks, TITLES[name], _show(name), top, whole[name].value)
            plots.append(figure(TITLES[name].capitalize(), drawn))
    yield row(plots)
    for group in grouping.groups:
        if group.members:
            yield paragraph(f"{group.name}: {', '.join(group.members)}.", "small")


def _show(measure: str) -> Callable[[float], str]:
    return lambda number: f"{number:.0%}" if measure in SHARES else value(measure, number)


def _after(duration: str) -> str:
    return "all speech" if duration == "all" else duration


def _speakers(moment: Moment) -> int:
    return max(m.speakers for m in moment.populations["everybody"].values())
