"""The families of checkpoints. A family is imported when it is asked for, not before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from convert.checkpoints.checkpoint import Checkpoint
from convert.families.family import Family, Match
from edge.errors import UsageError

FAMILIES: Mapping[str, str] = {
    "s2f-paper": "s2f_paper",
    "s2f-pietkun": "s2f_pietkun",
    "wen-2019": "wen_2019",
    "sf2f": "sf2f",
    "onnx": "onnx_graph",
    "keras": "keras_model",
    "linear-head": "linear_head",
    "reference": "reference",
}
"""name in recipes → module in this package"""


@dataclass(frozen=True)
class Recognised:
    """A family that a checkpoint looks like, in one role."""

    family: str
    """its name"""
    match: Match


def family(name: str) -> Family:
    """The family of that name. Raises UsageError for an unknown one."""
    if name not in FAMILIES:
        raise UsageError(f"There is no family '{name}'. Known: {', '.join(sorted(FAMILIES))}.")
    return cast(Family, import_module(f"convert.families.{FAMILIES[name]}"))


def recognise(checkpoint: Checkpoint) -> list[Recognised]:
    """What the checkpoint looks like: every family, and every role that it has in the file."""
    found = []
    for name in FAMILIES:
        match = family(name).recognise(checkpoint)
        if match is not None:
            roles = (match.role, *match.also)
            found += [Recognised(name, Match(role, match.reason)) for role in roles]
    return found
