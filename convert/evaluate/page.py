"""The report as a page to look at: self-contained HTML with drawn plots, no script."""

from __future__ import annotations

from collections.abc import Iterator

from convert.evaluate.attribute_page import attribute_section, focus, main_population
from convert.evaluate.metadata import LeftOut
from convert.evaluate.reference_page import face_section, feature_section
from convert.evaluate.results import AttributeReport, Report
from convert.evaluate.wording import SHOWN, TITLES, shown
from convert.page.document import details, document, heading, paragraph, tiles
from convert.page.table import table

DISCLAIMER = (
    "Numbers describe this table of recordings, not people in general, and not a use. A face that "
    "is decoded from a voice is imagined."
)


def page(report: Report) -> str:
    """The whole page."""
    return document(f"{report.bundle.name}, measured", _body(report))


def _body(report: Report) -> Iterator[str]:
    counts = report.counts
    who = (
        f"{counts.speakers} speakers"
        if counts.speakers_named
        else "no speakers named: every sound counts as a speaker of its own, so intervals are too "
        "narrow if speakers return"
    )
    yield paragraph(
        f"{counts.sounds} sounds with {counts.speech_s / 60:.1f} minutes of speech from "
        f"{report.metadata}; {who}. {DISCLAIMER}"
    )
    if report.sensitive:
        yield paragraph(
            f"Measured because the table has labels for it, although the bundle calls it "
            f"sensitive: {', '.join(report.sensitive)}. On a board it stays off until its owner "
            "switches it on.",
            "warn",
        )
    yield tiles(_headlines(report))
    for name, attribute in report.attributes.items():
        yield from attribute_section(name, attribute, report.smallest_group)
    if report.features:
        yield from feature_section(report.features)
    if report.faces:
        yield from face_section(report.faces)
    yield from _left_out(report)
    yield from _method(report)


def _headlines(report: Report) -> Iterator[tuple[str, str, str]]:
    for name, attribute in report.attributes.items():
        duration = focus(attribute)
        if duration is None:
            continue
        whom, measures = main_population(attribute, attribute.after[duration])
        for measure in SHOWN[attribute.kind][: 3 if attribute.kind == "choice" else 2]:
            value, interval = shown(measure, measures[measure])
            unit = f" {attribute.unit}" if measure == "error" else ""
            after = "all speech" if duration == "all" else f"{duration} of speech"
            people = ", adults" if whom == "adults" else ""
            yield f"{name}, {TITLES[measure]}", value + unit, f"{interval}; {after}{people}"


def _left_out(report: Report) -> Iterator[str]:
    counts = report.counts
    yield heading("What is not in the numbers")
    rows = [
        ("rows of the table", f"{counts.rows}"),
        ("sounds that were measured", f"{counts.sounds}"),
        ("files that cannot be read", f"{len(counts.unreadable)}"),
        ("files with too little speech for an estimate", f"{len(counts.too_little_speech)}"),
        ("rows without a file, or that name one again", f"{len(counts.refused_rows)}"),
    ]
    yield table(("", "number"), rows)
    for summary, files in (
        ("Files that cannot be read", counts.unreadable),
        (
            f"Files with less speech than the bundle needs "
            f"({report.bundle.minimum_evidence_s:g} s)",
            counts.too_little_speech,
        ),
        ("Rows that are not used", counts.refused_rows),
    ):
        if files:
            yield details(summary, _lines(files))
    labels = [
        (name, f"{attribute.known}", f"{_without(attribute, counts.sounds)}", _unknown(attribute))
        for name, attribute in report.attributes.items()
    ]
    if labels:
        head = ("attribute", "sounds with a label", "without", "values that are not understood")
        yield table(head, labels)
    for name, why in report.not_measured.items():
        yield paragraph(f"{name} is not measured: {why}.")


def _method(report: Report) -> Iterator[str]:
    yield heading("How it was measured")
    yield paragraph(
        "Each file went the way of the board: resampled to 16 kHz, cut by the board's speech "
        "detector, heard by the bundle's int8 models. An estimate counts for a duration when the "
        "file has that much speech; “all” takes everything there is."
    )
    yield paragraph(
        "Brackets and whiskers are 95 % intervals. Shares use Wilson's where every speaker is "
        f"there once; else speakers are drawn anew {report.resamples:,} times (seed "
        f"{report.seed}). By group, every speaker weighs the same. Groups of fewer than "
        f"{report.smallest_group} speakers are put together, or drawn pale where they have an "
        "order or a meaning of their own."
    )
    bundle = report.bundle
    rows = [
        ("bundle", f"{bundle.name} {bundle.version}"),
        ("SHA-256 of bundle.json", bundle.sha256),
        ("front end", bundle.front_end),
        ("graphs for", report.target),
        ("runtime", report.runtime),
        ("table", f"{report.metadata}, SHA-256 {report.metadata_sha256[:16]}…"),
        ("made by", report.created_by),
    ]
    yield table(("", ""), rows)


def _lines(files: tuple[LeftOut, ...]) -> Iterator[str]:
    return (f"{each.file}: {each.reason}" for each in files)


def _without(attribute: AttributeReport, sounds: int) -> int:
    return sounds - attribute.known


def _unknown(attribute: AttributeReport) -> str:
    return ", ".join(f"{value} ({n})" for value, n in attribute.unknown_values.items()) or "none"
