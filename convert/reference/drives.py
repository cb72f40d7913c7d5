"""How an estimate moves the reference face: the rules, as the bundle carries them.

Gender and age move the face because they are estimated. Vocal tract length is measured, and moves
the lower face a little. Everything else here is variety.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from convert.reference.face.parameters import HAIR_STYLES, SLIDERS, age_parameter
from edge.inference.manifest import (
    ChoiceDrive,
    Identity,
    Measures,
    Parameter,
    QuantityDrive,
    Styles,
    VocalTract,
)

YEARS = (5.0, 10.0, 17.0, 25.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0)
GREY = (0.0, 0.0, 0.0, 0.0, 0.0, 0.08, 0.35, 0.7, 0.95, 1.0)
"""share of grey hair at YEARS"""

HAIR = {
    "female": {"bob": 0.42, "long": 0.43, "tied": 0.12, "fringe": 0.03},
    "male": {"crop": 0.52, "fringe": 0.44, "tied": 0.04},
    "child": {"crop": 0.30, "fringe": 0.40, "bob": 0.30},
}

SUBTLE = {"head_width", "head_height", "chin_height", "face_fullness", "mouth_position"}
"""sliders that move the whole outline"""

IDENTITY: dict[str, float] = {
    **{name: 0.25 if name in SUBTLE else 0.45 for name in SLIDERS},
    "weight": 0.12,
    "hair_lightness": 0.2,
    "eye_lightness": 0.2,
}
"""parameter → its change at one standard deviation of its axis"""


def drives() -> tuple[ChoiceDrive | QuantityDrive, ...]:
    """What gender and age do to the face."""
    return (
        ChoiceDrive(
            attribute="gender", classes={"female": {"gender": 0.0}, "male": {"gender": 1.0}}
        ),
        QuantityDrive(
            attribute="age",
            at=YEARS,
            parameters={
                "age": tuple(round(max(age_parameter(years), 0.15), 4) for years in YEARS),
                "hair_grey": GREY,
            },
        ),
    )


def identity(axes: str) -> Identity:
    """What the rest of the voice does to the face."""
    return Identity(axes=axes, amplitudes=IDENTITY)


def styles(axes: str) -> Styles:
    """Hair: likely styles by gender, the voice's own choice among them."""
    return Styles(
        attribute="gender",
        classes={
            name: {f"hair_{style}": weights.get(style, 0.0) for style in HAIR_STYLES}
            for name, weights in HAIR.items()
        },
        axes=axes,
    )


def vocal_tract(measured: Mapping[str, Mapping[str, float]]) -> VocalTract:
    """A longer vocal tract than usual: a somewhat longer and broader lower face.

    `measured`: what the board's own measurement makes of women, men and children, in cm, as in
    the voice's `tract.json`. It is compared with itself, not with anatomy.
    """
    deviations = [row["deviation_cm"] for row in measured.values()]
    return VocalTract(
        expected_cm={name: row["median_cm"] for name, row in measured.items()},
        attribute="gender",
        deviation_cm=round(sum(deviations) / len(deviations), 3),
        amplitudes={"chin_height": 0.12, "jaw_width": 0.15, "head_height": 0.08},
    )


def parameters(table: Sequence[Mapping[str, Any]]) -> tuple[Parameter, ...]:
    """The decoder's inputs, from the face's `parameters.json`."""
    return tuple(Parameter(**row) for row in table)


def measures(fitted: Mapping[str, Any]) -> Measures:
    """Craniofacial measures, from the face's `measures.json`."""
    return Measures(
        names=tuple(fitted["names"]),
        weights=tuple(tuple(row) for row in fitted["weights"]),
        bias=tuple(fitted["bias"]),
        r2=tuple(fitted["r_squared"]),
    )
