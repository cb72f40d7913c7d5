"""What is believed about a speaker: the type that leaves the voice stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Choice:
    """A belief about one of several classes."""

    value: str | None
    """the class, or None when abstaining"""
    probability: float | None
    """calibrated probability of `value`; None when abstaining"""
    scores: Mapping[str, float]
    """calibrated probability of every class, also when abstaining"""
    reason: str | None = None
    """why `value` is None, in words"""

    def as_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"value": self.value}
        if self.value is not None and self.probability is not None:
            out["probability"] = round(self.probability, 3)
        if self.reason:
            out["reason"] = self.reason
        if self.scores:
            out["scores"] = {name: round(score, 3) for name, score in self.scores.items()}
        return out


@dataclass(frozen=True)
class Quantity:
    """A belief about a number, with the interval that holds it at the bundle's stated coverage."""

    value: float | None
    low: float | None
    high: float | None
    unit: str
    coverage: float
    """share of speakers whose true value lies in low…high, e.g. 0.8"""
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"value": None if self.value is None else round(self.value)}
        if self.reason:
            out["reason"] = self.reason
        if self.low is not None and self.high is not None:
            out |= {"low": round(self.low), "high": round(self.high)}
        return {**out, "unit": self.unit, "coverage": self.coverage}


Attribute = Choice | Quantity


@dataclass(frozen=True)
class Estimate:
    """What is believed about the speaker now. It sharpens as evidence grows."""

    evidence_s: float
    """seconds of speech heard"""
    attributes: Mapping[str, Attribute]
    """by name, e.g. `gender`, `age`, `ethnicity`"""
    craniofacial: Mapping[str, float]
    """measures of the face that is drawn, by name (Farkas 1994); empty before a face is decoded"""
    feature: npt.NDArray[np.float32]
    """the face feature or voice embedding, `(dimensions,) float32`; never published"""
    bundle: str
    bundle_sha256: str
    front_end: str
    runtime: str

    def as_json(self, names: frozenset[str] | None = None) -> dict[str, Any]:
        """The attributes as plain JSON values, all or those in `names`. Never the feature."""
        out: dict[str, Any] = {
            name: attribute.as_json()
            for name, attribute in self.attributes.items()
            if names is None or name in names
        }
        if self.craniofacial and (names is None or "craniofacial" in names):
            out["craniofacial"] = {name: round(x, 3) for name, x in self.craniofacial.items()}
        return out
