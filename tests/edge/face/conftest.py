"""Estimates with what a test wants in them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from edge.voice.estimate import Choice, Estimate, Quantity
from edge.voice.listener import Heard


def make_heard(
    gender: dict[str, float] | None = None,
    age: float | None = None,
    feature: np.ndarray | None = None,
    evidence_s: float = 6.0,
    tract_cm: float | None = None,
) -> Heard:
    scores = gender or {"female": 0.0, "male": 0.0, "child": 0.0}
    estimate = Estimate(
        evidence_s=evidence_s,
        attributes={
            "gender": Choice(None, None, scores),
            "age": Quantity(age, age and age - 10, age and age + 10, "years", 0.8),
        },
        craniofacial={},
        feature=np.zeros(256, np.float32) if feature is None else feature,
        bundle="reference",
        bundle_sha256="",
        front_end="",
        runtime="",
    )
    return Heard(estimate, tract_cm)


@pytest.fixture(scope="session")
def heard() -> Callable[..., Heard]:
    return make_heard
