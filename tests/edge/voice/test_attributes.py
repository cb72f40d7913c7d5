"""Logits become calibrated beliefs, or an abstention with its reason."""

from __future__ import annotations

import numpy as np
import pytest

from edge.inference.bundle import Bundle, load_bundle
from edge.inference.engine import Engine
from edge.inference.manifest import (
    Bins,
    ChoiceAttribute,
    ChoiceCalibration,
    Model,
    QuantityAttribute,
    QuantityCalibration,
    Withheld,
)
from edge.voice.attributes import AttributeHeads, choose, measure

MODEL = Model(files={"cpu": "x.tflite"})
GENDER = ChoiceAttribute(
    name="gender",
    sensitive=False,
    model=MODEL,
    classes=("female", "male", "child"),
    calibration=ChoiceCalibration(
        temperature=2.0, threshold=0.8, withheld=(Withheld("child", 0.3, "a child's voice"),)
    ),
)
AGE = QuantityAttribute(
    name="age",
    sensitive=False,
    model=MODEL,
    unit="years",
    bins=Bins(first=0, width=10, count=10),
    calibration=QuantityCalibration(
        temperature=1.0, coverage=0.8, low_quantile=0.1, high_quantile=0.9, widest=60
    ),
)


def logits(*probabilities: float, temperature: float = 1.0) -> np.ndarray:
    return (np.log(np.array(probabilities)) * temperature).astype(np.float32)


def test_a_sure_choice_is_calibrated_by_the_temperature() -> None:
    choice = choose(GENDER, logits(0.9, 0.06, 0.04, temperature=2.0))
    assert choice.value == "female"
    assert choice.probability == pytest.approx(0.9, abs=1e-5)
    assert choice.as_json() == {
        "value": "female",
        "probability": 0.9,
        "scores": {"female": 0.9, "male": 0.06, "child": 0.04},
    }


def test_an_unsure_choice_abstains_and_keeps_its_scores() -> None:
    choice = choose(GENDER, logits(0.6, 0.3, 0.1, temperature=2.0))
    assert choice.value is None
    assert choice.probability is None
    assert choice.reason == "not sure enough: female 60%, 80% needed"
    assert choice.as_json()["scores"] == {"female": 0.6, "male": 0.3, "child": 0.1}


def test_gender_is_withheld_for_a_child() -> None:
    choice = choose(GENDER, logits(0.6, 0.05, 0.35, temperature=2.0))
    assert choice.value is None
    assert choice.reason == "a child's voice"
    sure = choose(GENDER, logits(0.01, 0.01, 0.98, temperature=2.0))
    assert sure.value is None
    assert sure.scores["child"] == pytest.approx(0.98)


def test_a_quantity_has_its_median_and_interval() -> None:
    quantity = measure(AGE, logits(*[1e-9] * 3, 0.5, 0.5, *[1e-9] * 5))
    assert (quantity.value, quantity.low, quantity.high) == pytest.approx((40, 32, 48), abs=0.01)
    assert quantity.as_json() == {
        "value": 40, "low": 32, "high": 48, "unit": "years", "coverage": 0.8
    }  # fmt: skip


def test_a_quantity_that_could_be_anything_abstains() -> None:
    quantity = measure(AGE, np.zeros(10, np.float32))
    assert quantity.value is None
    assert quantity.as_json() == {
        "value": None, "reason": "not sure enough: between 10 and 90 years",
        "low": 10, "high": 90, "unit": "years", "coverage": 0.8,
    }  # fmt: skip


def test_what_the_bundle_lacks_has_a_reason(reference: Bundle) -> None:
    heads = AttributeHeads(Engine(reference), allowed=frozenset({"ethnicity"}))
    beliefs = heads(np.zeros(reference.manifest.voice.dimensions, np.float32))
    assert list(beliefs) == ["gender", "age", "ethnicity"]
    assert beliefs["ethnicity"].as_json() == {"value": None, "reason": "not in this bundle"}


def test_a_sensitive_attribute_runs_only_when_it_is_allowed(bundle_copy) -> None:
    bundle_copy.add_ethnicity()
    engine = Engine(load_bundle(bundle_copy.path))
    feature = np.zeros(engine.bundle.manifest.voice.dimensions, np.float32)
    off = AttributeHeads(engine)(feature)["ethnicity"]
    assert off.as_json() == {
        "value": None,
        "reason": "switched off: set [publish] ethnicity = true",
    }
    on = AttributeHeads(engine, allowed=frozenset({"ethnicity"}))(feature)["ethnicity"]
    assert on.value in ("african", "asian", "caucasian")
    assert sum(on.scores.values()) == pytest.approx(1)
