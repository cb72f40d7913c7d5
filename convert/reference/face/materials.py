"""Colours of a face from its parameters. All painted: no picture of a person is used.

Colours are linear light, red green blue in 0..1, unless a name says sRGB. Skin is a mix of one
colour per group by the groups' weights; `melanin` then absorbs more or less of it, blue most, as
melanin does (Jacques 1998: absorption falls with wavelength).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convert.reference.face.parameters import age_years

Colour = NDArray[np.float64]

_SKIN_SRGB = {"african": (130, 92, 72), "asian": (221, 178, 146), "caucasian": (228, 184, 160)}
_MELANIN = np.array([0.26, 0.36, 0.44])
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_HAIR_SRGB = (
    (0.0, (26, 22, 21)),
    (0.4, (84, 56, 38)),
    (0.7, (142, 100, 62)),
    (1.0, (205, 168, 112)),
)
_GREY_SRGB = (196, 194, 192)
_IRIS_SRGB = ((0.0, (84, 54, 36)), (0.5, (122, 98, 62)), (1.0, (112, 150, 178)))


@dataclass(frozen=True)
class Materials:
    """What the shaders need to know of one face."""

    skin: Colour
    lips: Colour
    blush: Colour
    hair: Colour
    grey_hair: Colour
    grey: float
    brow: Colour
    iris: Colour
    brow_thickness: float
    lash_strength: float
    stubble: float
    lines: float


def linear(srgb: tuple[int, int, int]) -> Colour:
    """An 8-bit sRGB colour as linear light (IEC 61966-2-1, with the plain 2.2 exponent)."""
    return (np.array(srgb) / 255) ** 2.2


def materials(face: dict[str, float]) -> Materials:
    """Colours and painted strengths for the parameters in `face`."""
    years = age_years(face["age"])
    adult = float(np.interp(years, (10, 19), (0, 1)))
    old = float(np.interp(years, (35, 85), (0, 1)))
    male = face["gender"] * adult
    skin = skin_colour(face, old)
    light = float(np.clip(skin @ _LUMINANCE / 0.45, 0.15, 1.0))
    hair = ramp(_HAIR_SRGB, face["hair_lightness"])
    grey = face["hair_grey"]
    rosy = skin * np.array([0.86, 0.50, 0.50]) + np.array([0.060, 0.008, 0.012]) * light
    calm = skin * np.array([0.84, 0.62, 0.60])
    tint = 0.5 + 0.35 * (1 - male) - 0.3 * old
    brow = hair * (1 - 0.55 * grey) * 0.75 + linear((150, 146, 142)) * 0.7 * grey
    return Materials(
        skin=skin,
        lips=calm + (rosy - calm) * tint,
        blush=skin * (1 - (1 - np.array([1.04, 0.80, 0.78])) * (1 - 0.45 * male)),
        hair=hair,
        grey_hair=linear(_GREY_SRGB),
        grey=grey,
        brow=np.minimum(brow, skin * 0.62),
        iris=ramp(_IRIS_SRGB, face["eye_lightness"]),
        brow_thickness=0.70 + 0.34 * male - 0.12 * old,
        lash_strength=0.95 - 0.2 * male - 0.1 * old,
        stubble=0.55 * male * (1 - 0.4 * old),
        lines=float(np.interp(years, (25, 40, 60, 90), (0, 0.18, 0.62, 1.0))),
    )


def skin_colour(face: dict[str, float], old: float) -> Colour:
    """Flat skin colour; `old` (0..1) takes saturation out, so that age turns no skin orange."""
    mix = sum((face[group] * linear(srgb) for group, srgb in _SKIN_SRGB.items()), np.zeros(3))
    mix = mix * np.exp(-face["melanin"] * _MELANIN)
    mix = mix * np.array([1.0, 1 - 0.035 * face["gender"], 1 - 0.045 * face["gender"]])
    mix = mix * (1 - 0.04 * face["gender"])
    pale = (mix @ _LUMINANCE) * np.array([1.12, 0.98, 0.91])
    return np.asarray(mix + (pale - mix) * 0.26 * old)


def ramp(stops: tuple[tuple[float, tuple[int, int, int]], ...], place: float) -> Colour:
    """A colour between `stops` of (place, sRGB), mixed in linear light."""
    places = [stop for stop, _ in stops]
    colours = np.array([linear(srgb) for _, srgb in stops])
    return np.array([np.interp(place, places, channel) for channel in colours.T])
