"""The looks of a face that is known by its picture and landmarks only.

Proportions come from the landmarks, as ratios to the biocular width; colours from the picture, at
places that the landmarks name; gender and age from the estimate.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from edge.face.drawing.shape import Colour, mix
from edge.face.landmarks import as_ibug
from edge.face.looks import Looks
from edge.face.painter import Portrait
from edge.voice.estimate import Choice, Estimate, Quantity

Points = npt.NDArray[np.float64]

_USUAL: dict[str, tuple[float, float]] = {
    "head_width": (1.50, 0.12),
    "jaw_width": (1.20, 0.14),
    "chin_width": (0.62, 0.12),
    "chin_height": (0.46, 0.10),
    "eye_spacing": (0.42, 0.06),
    "eye_size": (0.09, 0.04),
    "eye_slant": (0.0, 0.05),
    "brow_position": (0.25, 0.07),
    "nose_width": (0.34, 0.07),
    "nose_length": (0.58, 0.09),
    "mouth_width": (0.64, 0.12),
    "upper_lip": (0.08, 0.05),
    "lower_lip": (0.11, 0.06),
}
"""measure → that of an ordinary face in biocular widths, and how far ±1 of its slider is"""
_NO_LANDMARKS = ((0.34, 0.48), (0.66, 0.48))
"""outer corners of the eyes where nothing else is known, as shares of the picture"""


def traced(portrait: Portrait) -> Looks:
    """The looks of a portrait, with landmarks or without any."""
    picture = np.asarray(portrait.image.convert("RGB"))
    measures: dict[str, float] = {}
    eyes = np.array(_NO_LANDMARKS, np.float64) * len(picture)
    if portrait.scheme is not None and portrait.landmarks is not None:
        points = as_ibug(portrait.landmarks, portrait.scheme)
        measures, eyes = _measures(points), points[[36, 45]]
    sliders = {
        name: float(np.clip((value - _USUAL[name][0]) / _USUAL[name][1], -1, 1))
        for name, value in measures.items()
        if np.isfinite(value)
    }
    here = _Places(picture, eyes)
    skin = here.colour((-0.26, 0.42), (0.26, 0.42))
    hair = _hair(here, skin)
    plain = Looks(
        feminine=_feminine(portrait.estimate),
        years=_years(portrait.estimate),
        hairdo=_hairdo(here, skin, hair),
        skin=mix(skin, (255, 220, 196), 0.12),  # flat colours look darker than shaded ones
        hair=hair,
    )
    return replace(plain, **sliders)  # type: ignore[arg-type]


def _measures(p: Points) -> dict[str, float]:
    """Ratios to the biocular width, by slider."""
    width = float(np.linalg.norm(p[45] - p[36])) or 1.0
    across, down = (p[45] - p[36]) / width, np.array([-1, 1]) * ((p[45] - p[36]) / width)[::-1]

    def wide(one: int, other: int) -> float:
        return float((p[other] - p[one]) @ across) / width

    def tall(one: Points, other: Points) -> float:
        return float((other - one) @ down) / width

    right, left = p[36:42].mean(0), p[42:48].mean(0)
    inner, outer = (p[39] + p[42]) / 2, (p[36] + p[45]) / 2
    lids = tall(p[[37, 38, 43, 44]].mean(0), p[[40, 41, 46, 47]].mean(0))
    return {
        "head_width": max(wide(0, 16), wide(1, 15), wide(2, 14)),
        "jaw_width": wide(4, 12),
        "chin_width": wide(6, 10),
        "chin_height": tall((p[62] + p[66]) / 2, p[8]),
        "eye_spacing": wide(39, 42),
        "eye_size": lids,
        "eye_slant": tall(outer, inner),
        "brow_position": tall(p[17:27].mean(0), (right + left) / 2),
        "nose_width": wide(31, 35),
        "nose_length": tall(p[27], p[33]),
        "mouth_width": wide(48, 54),
        "upper_lip": tall(p[51], p[62]),
        "lower_lip": tall(p[66], p[57]),
    }


class _Places:
    """Colours of a picture at places given in biocular widths from the middle of the eyes."""

    def __init__(self, picture: npt.NDArray[np.uint8], eyes: Points) -> None:
        self._picture = picture
        edge = np.concatenate([picture[: len(picture) // 3, :2], picture[: len(picture) // 3, -2:]])
        red, green, blue = (round(float(v)) for v in np.median(edge.reshape(-1, 3), axis=0))
        self.paper: Colour = (red, green, blue)
        """what lies behind the head"""
        self._middle = eyes.mean(0)
        self._across = eyes[1] - eyes[0]
        self._down = np.array([-1, 1]) * self._across[::-1]

    def colour(self, *places: tuple[float, float]) -> Colour:
        """The median around these places (right, down)."""
        size = len(self._picture)
        reach = max(1, round(0.05 * float(np.hypot(*self._across))))
        patches = []
        for right, down in places:
            x, y = self._middle + right * self._across + down * self._down
            x, y = (int(np.clip(round(v), reach, size - 1 - reach)) for v in (x, y))
            patch = self._picture[y - reach : y + reach + 1, x - reach : x + reach + 1]
            patches.append(patch.reshape(-1, 3))
        red, green, blue = (round(float(v)) for v in np.median(np.concatenate(patches), axis=0))
        return red, green, blue


def _hair(here: _Places, skin: Colour) -> Colour:
    """The colour above the forehead that is least like the skin and like what lies behind."""
    found = [here.colour((-0.08, -down), (0.08, -down)) for down in np.arange(0.5, 1.25, 0.06)]
    others = skin, here.paper
    return max(found, key=lambda colour: min(apart(colour, other) for other in others))


def apart(one: Colour, other: Colour) -> float:
    """How different two colours are, 0…765."""
    return float(np.abs(np.subtract(one, other, dtype=float)).sum())


def _hairdo(here: _Places, skin: Colour, hair: Colour) -> str:
    """What hangs beside the jaw, or over the forehead, in the hair's colour."""

    def hairy(*places: tuple[float, float]) -> bool:
        found = here.colour(*places)
        away = [apart(found, other) for other in (hair, skin, here.paper)]
        return away[0] == min(away) and away[0] < 90

    if hairy((-0.80, 0.75), (0.80, 0.75)):
        return "long" if hairy((-0.85, 1.35), (0.85, 1.35)) else "bob"
    return "fringe" if hairy((-0.12, -0.42), (0.12, -0.42)) else "crop"


def _feminine(estimate: Estimate) -> float:
    belief = estimate.attributes.get("gender")
    scores = belief.scores if isinstance(belief, Choice) else {}
    female, male = scores.get("female", 0.0), scores.get("male", 0.0)
    return female / (female + male) if female + male > 0 else 0.5


def _years(estimate: Estimate) -> float:
    belief = estimate.attributes.get("age")
    known = isinstance(belief, Quantity) and belief.value is not None
    return float(belief.value) if known else 32.0  # type: ignore[union-attr, arg-type]
