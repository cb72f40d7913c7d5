"""Attributes and answers made up for the statistics."""

from __future__ import annotations

from edge.inference.manifest import (
    Bins,
    ChoiceAttribute,
    ChoiceCalibration,
    Model,
    QuantityAttribute,
    QuantityCalibration,
    Withheld,
)
from edge.voice.estimate import Choice

GENDER = ChoiceAttribute(
    name="gender",
    sensitive=False,
    model=Model({"cpu": "gender.tflite"}),
    classes=("female", "male", "child"),
    calibration=ChoiceCalibration(1.0, 0.8, (Withheld("child", 0.1, "may be a child"),)),
)
AGE = QuantityAttribute(
    name="age",
    sensitive=False,
    model=Model({"cpu": "age.tflite"}),
    unit="years",
    bins=Bins(0.0, 10.0, 10),
    calibration=QuantityCalibration(1.0, 0.8, 0.1, 0.9, 50.0),
)


def said(female: float, male: float, child: float = 0.0) -> Choice:
    """What the board says of such probabilities."""
    scores = {"female": female, "male": male, "child": child}
    best = "female" if female >= male else "male"
    if child > 0.1 or scores[best] < 0.8:
        return Choice(None, None, scores, "not sure enough")
    return Choice(best, scores[best], scores)
