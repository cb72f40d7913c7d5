"""The words of one language: all that picture and page can say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from edge.state import State


@dataclass(frozen=True)
class Vocabulary:
    """Words and sentences; `{…}` in them is filled in. Missing names are shown as they are."""

    code: str
    """language tag, e.g. `de` (BCP 47)"""
    caption: str
    """under every face: that it is imagined"""
    kiosk: str
    """for passers-by, before there is a face"""
    heading: str
    not_sure: str
    states: Mapping[State, tuple[str, str]]
    """word and hint of each state; the hint is for whoever stands in front of the screen"""
    something_wrong: str
    """in a fault without a message"""
    belief: str
    """`{label}: {value}`"""
    choice: str
    """`{name}, {percent}`"""
    quantity: str
    """`{value}{unit} ({low}–{high})`"""
    range_note: str
    """what the range means: `{percent}`"""
    percent: str
    """`{number}` and its sign"""
    over: str
    """`{percent}`: more than that"""
    under: str
    delegate_lost: str
    """`{stage}`, `{delegate}`, `{reason}`"""
    no_speech: str
    evidence: str
    """`{seconds}`"""
    decimal_point: str
    names: Mapping[str, str]
    """attributes, classes, measures, stages and units of bundles, by their name there"""
    reasons: Mapping[str, str]
    """sentences of the voice stage, as regular expressions with groups, to sentences with
    `{group}`; a group `name…` is looked up in `names`"""
    page: Mapping[str, str]
    """what only the page says, by the name that its script uses"""

    def name(self, name: str) -> str:
        """A name of the bundle in this language; one that is not known, as it is."""
        return self.names.get(name, name.replace("_", " "))

    def number(self, value: float, digits: int) -> str:
        """A number with so many decimals."""
        return f"{value:.{digits}f}".replace(".", self.decimal_point)

    def reason(self, reason: str) -> str:
        """A sentence of the voice stage in this language; one that is not known, as it is."""
        for pattern, sentence in self.reasons.items():
            if match := re.fullmatch(pattern, reason):
                groups = {
                    group: self.name(text) if group.startswith("name") else text
                    for group, text in match.groupdict().items()
                }
                return sentence.format(**groups)
        return reason
