"""What a drawn face needs to know about a person, from a decoder's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edge.face.drawing.shape import Colour, mix

HAIRDOS = ("crop", "fringe", "bob", "long", "tied", "afro")

SKINS: Mapping[str, Colour] = {
    "african": (141, 92, 62),
    "asian": (238, 190, 150),
    "caucasian": (245, 205, 178),
}
_DARK, _LIGHT = (84, 50, 34), (255, 229, 210)
_HAIR = ((0.0, (38, 31, 33)), (0.4, (104, 66, 43)), (0.7, (168, 116, 62)), (1.0, (228, 189, 110)))
_EYES = ((0.0, (62, 40, 28)), (0.5, (122, 96, 50)), (1.0, (88, 142, 184)))
_GREY = (208, 208, 212)
_YEARS, _AGES = (1.0, 10.0, 25.0, 90.0), (0.0, 0.1875, 0.5, 1.0)


@dataclass(frozen=True)
class Looks:
    """Colours and proportions. Sliders run -1…1, 0 is the average of that age and gender."""

    feminine: float = 0.5
    """0 a man's features, 1 a woman's"""
    years: float = 30.0
    hairdo: str = "fringe"
    """one of `HAIRDOS`"""
    skin: Colour = (226, 178, 146)
    hair: Colour = (74, 50, 40)
    eyes: Colour = (80, 54, 34)
    head_width: float = 0.0
    head_height: float = 0.0
    fullness: float = 0.0
    jaw_width: float = 0.0
    chin_width: float = 0.0
    chin_height: float = 0.0
    forehead: float = 0.0
    eye_size: float = 0.0
    eye_spacing: float = 0.0
    eye_slant: float = 0.0
    eye_position: float = 0.0
    brow_position: float = 0.0
    brow_slant: float = 0.0
    nose_width: float = 0.0
    nose_length: float = 0.0
    mouth_width: float = 0.0
    mouth_position: float = 0.0
    upper_lip: float = 0.0
    lower_lip: float = 0.0


def looks(parameters: Mapping[str, float]) -> Looks:
    """The looks that a decoder's parameters stand for, by their names in the bundle.

    What a decoder does not have is average.
    """

    def slider(*names: str) -> float:
        values = [parameters[name] for name in names if name in parameters]
        return float(np.clip(sum(values), -1, 1))

    given = {name: max(0.0, parameters.get(name, 1 / 3)) for name in SKINS}
    hairdo = max(HAIRDOS, key=lambda name: parameters.get(f"hair_{name}", 0.0))
    hair = _between(_HAIR, parameters.get("hair_lightness", 0.15))
    full = slider("face_fullness") + 1.5 * (parameters.get("weight", 0.5) - 0.5)
    return Looks(
        feminine=float(np.clip(1 - parameters.get("gender", 0.5), 0, 1)),
        years=float(np.interp(parameters.get("age", 0.5), _AGES, _YEARS)),
        hairdo=hairdo,
        skin=_skin(given, parameters.get("melanin", 0.0)),
        hair=mix(hair, _GREY, float(np.clip(parameters.get("hair_grey", 0.0), 0, 1))),
        eyes=_between(_EYES, parameters.get("eye_lightness", 0.1)),
        head_width=slider("head_width", "cheekbone_width"),
        head_height=slider("head_height"),
        fullness=float(np.clip(full, -1, 1)),
        jaw_width=slider("jaw_width"),
        chin_width=slider("chin_width"),
        chin_height=slider("chin_height"),
        forehead=slider("forehead_height"),
        eye_size=slider("eye_size"),
        eye_spacing=slider("eye_spacing"),
        eye_slant=slider("eye_slant"),
        eye_position=slider("eye_position"),
        brow_position=slider("brow_position"),
        brow_slant=slider("brow_slant"),
        nose_width=slider("nose_width", "nostril_width"),
        nose_length=slider("nose_length"),
        mouth_width=slider("mouth_width"),
        mouth_position=slider("mouth_position"),
        upper_lip=slider("upper_lip_height"),
        lower_lip=slider("lower_lip_height"),
    )


def _skin(weights: Mapping[str, float], melanin: float) -> Colour:
    total = sum(weights.values()) or 1.0
    mean = np.array([SKINS[name] for name in weights], float)
    shares = np.array(list(weights.values())) / total
    red, green, blue = (round(float(value)) for value in shares @ mean)
    towards = _DARK if melanin > 0 else _LIGHT
    return mix((red, green, blue), towards, min(1.0, abs(melanin)) * 0.45)


def _between(scale: tuple[tuple[float, Colour], ...], value: float) -> Colour:
    at = [place for place, _ in scale]
    red, green, blue = (
        round(float(np.interp(value, at, [colour[part] for _, colour in scale])))
        for part in range(3)
    )
    return red, green, blue
