"""Face features and decoded faces against their references, on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from convert.evaluate.intervals import Measured
from convert.evaluate.results import Correlation, FaceReport, FeatureReport
from convert.page.bars import bars
from convert.page.document import details, figure, heading, paragraph, row
from convert.page.mark import Mark
from convert.page.table import Cell, table

SIMILARITY = {
    "cosine": "cosine",
    "angle": "angle in degrees",
    "L1": "L1",
    "L2": "L2",
    "L1 unit": "L1, vectors of length 1",
    "L2 unit": "L2, vectors of length 1",
}


def feature_section(report: FeatureReport) -> Iterator[str]:
    """HTML blocks: Tables 1 and 2 of Oh et al. 2019."""
    yield heading("Face features")
    yield paragraph(
        f"{report.references} references; {report.without_reference} sounds have none; "
        f"{report.unused} references belong to no sound and are in the gallery alone."
    )
    if not report.after:
        yield paragraph("No sound has a reference. Names must be as in the table.", "warn")
        return
    yield heading("Similarity (Table 1 of Oh et al. 2019)", 3)
    last = next(reversed(report.after.values()))
    alike: list[Sequence[Cell]] = [
        (
            words,
            *(_number(moment.similarity[name].own) for moment in report.after.values()),
            _number(last.similarity[name].another),
        )
        for name, words in SIMILARITY.items()
    ]
    yield table(("to their own, after", *report.after, "to another's"), alike)
    yield heading("Retrieval (Table 2 of Oh et al. 2019)", 3)
    for after, moment in report.after.items():
        ranks = list(moment.retrieval.chance)
        found: list[Sequence[Cell]] = [
            (name, *(_percent(by_rank[rank]) for rank in ranks))
            for name, by_rank in moment.retrieval.found.items()
        ]
        chance = ("chance", *(f"{moment.retrieval.chance[rank]:.2%}" for rank in ranks))
        caption = f"Own reference among the nearest K of {moment.retrieval.gallery}, {after} speech"
        yield table(("distance", *(f"R@{rank}" for rank in ranks)), [*found, chance], caption)


def face_section(report: FaceReport) -> Iterator[str]:
    """HTML blocks: Figure 5 of Oh et al. 2019, or the likeness of pictures."""
    yield heading("Decoded faces")
    yield paragraph(
        f"{report.landmarks} sounds have reference landmarks, {report.pictures} a picture, "
        f"{report.without_reference} neither."
    )
    for note in report.notes:
        yield paragraph(note, "warn")
    if report.correlations:
        yield heading("Craniofacial measures (Figure 5 of Oh et al. 2019)", 3)
        yield paragraph(
            "Pearson's r over speakers between the decoded face and the reference. p is the share "
            "of random pairings that are as far from 0; “chance” their mean |r|.",
            "small",
        )
        correlated = [(_words(name), *_correlation(c)) for name, c in report.correlations.items()]
        yield table(("measure", "r", "95 % interval", "p", "chance", "speakers"), correlated)
        yield row([figure("Size of the correlation", _correlation_bars(report.correlations))])
    if report.similarity:
        rows = [
            (name, _number(alike.own), _number(alike.another), f"{alike.own.sounds}")
            for name, alike in report.similarity.items()
        ]
        yield table(("picture", "to their own", "to another's", "sounds"), rows)
    if report.left_out:
        lines = (f"{each.file}: {each.reason}" for each in report.left_out)
        yield details(f"{len(report.left_out)} references that cannot be used", lines)


def _correlation(c: Correlation) -> tuple[str, ...]:
    if c.r is None or c.p is None or c.chance is None:
        return ("–", "–", "–", "–", f"{c.speakers}")
    interval = "–" if c.low is None or c.high is None else f"{c.low:.2f} – {c.high:.2f}"
    p = "≤ 0.0001" if c.p <= 0.0001 else f"{c.p:.4f}"
    return f"{c.r:.2f}", interval, p, f"{c.chance:.2f}", f"{c.speakers}"


def _correlation_bars(correlations: dict[str, Correlation]) -> str:
    """Sizes, the paper's way; the sign is in the number."""
    marks = [
        Mark(_words(name), abs(c.r), note=f"p = {c.p:.4f}", few=(c.p or 0) > 0.05)
        for name, c in correlations.items()
        if c.r is not None
    ]
    chance = [c.chance for c in correlations.values() if c.chance is not None]
    at = sum(chance) / len(chance) if chance else None
    return bars(marks, "correlations", lambda r: f"{r:.2f}", line_at=at)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _number(m: Measured) -> tuple[str, str]:
    return _cell(m, lambda x: f"{x:.4g}")


def _percent(m: Measured) -> tuple[str, str]:
    return _cell(m, lambda x: f"{x:.2%}")


def _cell(m: Measured, show: Callable[[float], str]) -> tuple[str, str]:
    value = "–" if m.value is None else show(m.value)
    return value, "–" if m.low is None or m.high is None else f"{show(m.low)} – {show(m.high)}"
