"""The report as types: what `report.json` holds, and what the page is drawn from."""

from __future__ import annotations

from typing import Literal

import msgspec

from convert.evaluate.intervals import Measured
from convert.evaluate.metadata import LeftOut

SCHEMA_VERSION = 1


class _Part(msgspec.Struct, frozen=True):
    """A JSON object."""


class Confusion(_Part, frozen=True):
    """Counts of sounds: what is true in rows, what was said in columns."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class Point(_Part, frozen=True):
    """One point of a calibration curve."""

    expected: float
    """what was claimed"""
    observed: Measured
    """what came true"""


class Calibration(_Part, frozen=True):
    points: tuple[Point, ...]
    error: float | None
    """mean distance between claim and truth, weighed by the cases (Naeini et al. 2015)"""
    sounds: int
    without_truth: int
    """sounds whose likeliest class is one that the table cannot confirm, e.g. a child's voice"""


class Group(_Part, frozen=True):
    name: str
    speakers: int
    few: bool
    """fewer speakers than the report's smallest group: read with care"""
    members: tuple[str, ...]
    """groups that were merged into this one; empty for a group of its own"""
    measures: dict[str, Measured]
    """every speaker weighs the same"""


class Grouping(_Part, frozen=True):
    column: str
    adults_only: bool
    groups: tuple[Group, ...]


class Moment(_Part, frozen=True):
    """One attribute after one duration."""

    evidence_s: float
    """mean seconds of speech"""
    populations: dict[str, dict[str, Measured]]
    """everybody, adults, minors → measure"""
    confusions: dict[str, Confusion]
    calibration: Calibration
    groupings: tuple[Grouping, ...]


class AttributeReport(_Part, frozen=True):
    kind: Literal["choice", "quantity"]
    unit: str
    sensitive: bool
    withholds: tuple[str, ...]
    """classes that stop an answer, such as a child's voice: adults are then the measure"""
    claimed: float | None
    """coverage that the bundle states of its intervals"""
    known: int
    """sounds with a label"""
    unknown_values: dict[str, int]
    """values that name no class or no number → how often"""
    after: dict[str, Moment]
    same_sounds: dict[str, dict[str, Measured]]
    """by duration, of the sounds that reach every one: what more speech brings"""


class Similarity(_Part, frozen=True):
    """Table 1 of the paper: the face feature against the reference's."""

    own: Measured
    another: Measured
    """against the reference of somebody else: chance"""


class Retrieval(_Part, frozen=True):
    """Table 2 of the paper: is the own reference among the nearest K?"""

    gallery: int
    """distinct references"""
    chance: dict[str, float]
    """K → K / gallery"""
    found: dict[str, dict[str, Measured]]
    """distance → K → share"""


class FeatureMoment(_Part, frozen=True):
    similarity: dict[str, Similarity]
    retrieval: Retrieval


class FeatureReport(_Part, frozen=True):
    references: int
    without_reference: int
    """sounds that have no row"""
    unused: int
    """rows of no sound; they are in the gallery"""
    after: dict[str, FeatureMoment]


class Correlation(_Part, frozen=True):
    """Pearson's r over speakers between the decoded face and the reference."""

    r: float | None
    """None where one of the two does not vary, or of fewer than three speakers"""
    low: float | None
    high: float | None
    """95 % interval (Fisher 1921)"""
    p: float | None
    """share of random pairings at least as far from 0"""
    chance: float | None
    """mean |r| of random pairings"""
    speakers: int


class FaceReport(_Part, frozen=True):
    landmarks: int
    """sounds with reference landmarks"""
    pictures: int
    """sounds with a reference picture alone"""
    without_reference: int
    left_out: tuple[LeftOut, ...]
    correlations: dict[str, Correlation]
    similarity: dict[str, Similarity]
    """PSNR and SSIM of the pictures"""
    notes: tuple[str, ...]


class BundleFacts(_Part, frozen=True):
    name: str
    version: str
    sha256: str
    front_end: str
    minimum_evidence_s: float
    absent: dict[str, str]


class Counts(_Part, frozen=True):
    rows: int
    sounds: int
    """with an estimate"""
    speakers: int
    speakers_named: bool
    """False: the table has no speakers, and every sound counts as one"""
    speech_s: float
    unreadable: tuple[LeftOut, ...]
    too_little_speech: tuple[LeftOut, ...]
    refused_rows: tuple[LeftOut, ...]


class Report(_Part, frozen=True):
    bundle: BundleFacts
    runtime: str
    target: str
    """which of the bundle's graphs were run"""
    metadata: str
    """name of the table"""
    metadata_sha256: str
    counts: Counts
    attributes: dict[str, AttributeReport]
    not_measured: dict[str, str]
    """attribute → why"""
    sensitive: tuple[str, ...]
    """sensitive attributes that were measured because the table has them"""
    features: FeatureReport | None
    faces: FaceReport | None
    smallest_group: int
    resamples: int
    seed: int
    created_by: str
    schema_version: int = SCHEMA_VERSION
