"""Who is served how well: the same measures by accent, age, gender and recording condition.

Every speaker weighs the same, whatever the number of sounds. A small group says little: groups
that have an order stay and are flagged, the others are put together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convert.evaluate.ages import age_span, middle, ten
from convert.evaluate.metadata import Sound
from convert.evaluate.metrics import Mask, Metric, Names, summary
from convert.evaluate.results import Group, Grouping

NOT_KNOWN = "not known"
MERGED = ("accent", "condition", "ethnicity")
"""columns whose small groups are put together"""


def group_name(sound: Sound, column: str) -> str:
    """The group of a sound: its label, or the ten that its age lies in."""
    label = sound.labels.get(column, "")
    if column == "age":
        span = age_span(label)
        return ten(middle(span)) if span else NOT_KNOWN
    return label or NOT_KNOWN


def grouping(
    column: str,
    names: Sequence[str],
    metrics: Sequence[Metric],
    speakers: Names,
    population: Mask,
    smallest: int,
    *,
    adults_only: bool = False,
) -> Grouping:
    """The metrics by group; `names` gives each sound's group. Speakers are counted among the
    sounds of the population."""
    labels = np.array(names, dtype=np.str_)
    sizes = {
        str(name): len(set(speakers[population & (labels == name)].tolist()))
        for name in np.unique(labels[population])
    }
    small = [name for name, size in sizes.items() if size < smallest and name != NOT_KNOWN]
    merged = tuple(sorted(small)) if column in MERGED and len(small) > 1 else ()
    groups = [
        _group(name, (name,), labels, metrics, speakers, population, smallest)
        for name in _ordered(column, sizes)
        if name not in merged
    ]
    if merged:
        name = f"{len(merged)} small groups"
        groups.append(_group(name, merged, labels, metrics, speakers, population, smallest))
    return Grouping(column, adults_only, tuple(groups))


def _group(
    name: str,
    members: tuple[str, ...],
    labels: Names,
    metrics: Sequence[Metric],
    speakers: Names,
    population: Mask,
    smallest: int,
) -> Group:
    chosen = population & np.isin(labels, members)
    size = len(set(speakers[chosen].tolist()))
    measures = summary(metrics, speakers, chosen, balanced=True)
    return Group(name, size, size < smallest, members if members != (name,) else (), measures)


def _ordered(column: str, sizes: dict[str, int]) -> list[str]:
    """Ages rise; the others come by size. What is not known comes last."""

    def place(name: str) -> tuple[bool, float, str]:
        unknown = name == NOT_KNOWN
        rank = (
            0.0 if unknown else float(name.partition("–")[0]) if column == "age" else -sizes[name]
        )
        return unknown, rank, name

    return sorted(sizes, key=place)
