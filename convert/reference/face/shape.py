"""From face parameters to the vertices of the head: a weighted sum of shape targets."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from convert.reference.face.mesh import Floats, Target

GENDERS = ("female", "male")
AGES = ("baby", "child", "young", "old")
GROUPS = ("african", "asian", "caucasian")
WEIGHTS = ("minweight", "averageweight", "maxweight")

# slider: (targets towards -1, targets towards +1), each at a weight that still looks natural
_BOTH = ("l-", "r-")
Blend = tuple[tuple[str, float], ...]


def _pair(name: str, low: str = "decr", high: str = "incr", gain: float = 1.0) -> tuple[Blend, ...]:
    return ((f"{name}-{low}", gain),), ((f"{name}-{high}", gain),)


def _sides(name: str, low: str, high: str, gain: float = 1.0) -> tuple[Blend, ...]:
    return (
        tuple((f"{side}{name}-{low}", gain) for side in _BOTH),
        tuple((f"{side}{name}-{high}", gain) for side in _BOTH),
    )


SLIDERS: dict[str, tuple[Blend, ...]] = {
    "nose_width": _pair("nose-scale-horiz"),
    "nose_length": _pair("nose-scale-vert", gain=0.8),
    "nostril_width": _pair("nose-nostrils-width"),
    "nose_tip_width": _pair("nose-point-width"),
    "nose_bridge_width": _pair("nose-width2"),
    "mouth_width": _pair("mouth-scale-horiz"),
    "upper_lip_height": _pair("mouth-upperlip-height"),
    "lower_lip_height": _pair("mouth-lowerlip-height"),
    "mouth_position": _pair("mouth-trans", "down", "up", 0.7),
    "chin_width": _pair("chin-width"),
    "chin_height": _pair("chin-height", gain=0.75),
    "jaw_width": (
        (("chin-bones-decr", 1.0), ("head-invertedtriangular", 0.3)),
        (("chin-bones-incr", 1.0), ("head-triangular", 0.3)),
    ),
    "face_fullness": _pair("head-fat", gain=0.6),
    "head_width": _pair("head-scale-horiz", gain=0.65),
    "head_height": _pair("head-scale-vert", gain=0.6),
    "eye_size": _sides("eye-scale", "decr", "incr"),
    "eye_position": _sides("eye-trans", "down", "up", 0.6),
    "eye_spacing": _sides("eye-trans", "in", "out"),
    "eye_slant": _sides("eye-corner2", "down", "up", 1.2),
    "brow_position": _pair("eyebrows-trans", "down", "up"),
    "brow_slant": _pair("eyebrows-angle", "up", "down", 0.4),
    "cheekbone_width": _sides("cheek-bones", "decr", "incr"),
    "forehead_height": _pair("forehead-scale-vert", gain=0.4),
}

EXPRESSIONS: dict[str, Blend] = {
    # A little upper lip as well: teeth that show tell an open mouth from a shadow on dark skin.
    "jaw_open": (("jawOpen", 0.9), ("mouthUpperUpLeft", 0.3), ("mouthUpperUpRight", 0.3)),
    "funnel": (("mouthFunnel", 0.85),),
    "pucker": (("mouthPucker", 0.9),),
    "smile": (
        ("mouthSmileLeft", 0.75),
        ("mouthSmileRight", 0.75),
        ("cheekSquintLeft", 0.35),
        ("cheekSquintRight", 0.35),
    ),
    "blink": (("eyeBlinkLeft", 1.0), ("eyeBlinkRight", 1.0)),
    "brow_up": (("browInnerUp", 0.9), ("browOuterUpLeft", 0.9), ("browOuterUpRight", 0.9)),
    "brow_down": (("browDownLeft", 1.0), ("browDownRight", 1.0)),
}

# What every face wears when it rests: without it MakeHuman's mouth and brows look stern.
FRIENDLY: Blend = (
    ("mouthSmileLeft", 0.32),
    ("mouthSmileRight", 0.32),
    ("browInnerUp", 0.15),
    ("eyeWideLeft", 0.22),
    ("eyeWideRight", 0.22),
)
# MakeHuman's men frown and its old people squint.
RELAXED: Blend = (
    ("browInnerUp", 0.2),
    ("browOuterUpLeft", 0.25),
    ("browOuterUpRight", 0.25),
    ("eyeWideLeft", 0.22),
    ("eyeWideRight", 0.22),
    ("l-eye-height2-incr", 0.3),
    ("r-eye-height2-incr", 0.3),
)
# What children and old people have beyond MakeHuman's own age targets, which are timid.
CHILDLIKE: Blend = (
    ("l-eye-scale-incr", 0.35),
    ("r-eye-scale-incr", 0.35),
    ("l-cheek-volume-incr", 0.45),
    ("r-cheek-volume-incr", 0.45),
    ("nose-scale-vert-decr", 0.35),
    ("chin-height-decr", 0.25),
    ("head-round", 0.3),
)
AGED: Blend = (
    ("head-age-incr", 0.35),
    ("mouth-upperlip-height-decr", 0.45),
    ("mouth-lowerlip-height-decr", 0.35),
    ("l-eye-bag-incr", 0.5),
    ("r-eye-bag-incr", 0.5),
    ("nose-point-down", 0.25),
    ("neck-double-incr", 0.2),
)


def target_names() -> set[str]:
    """Every shape target that a face may need."""
    names = {f"{g}-{s}-{a}" for g, s, a in product(GROUPS, GENDERS, AGES)}
    names |= {f"universal-{s}-{a}-averagemuscle-{w}" for s, a, w in product(GENDERS, AGES, WEIGHTS)}
    blends = [*EXPRESSIONS.values(), FRIENDLY, RELAXED, CHILDLIKE, AGED]
    blends += [blend for pair in SLIDERS.values() for blend in pair]
    return names | {name for blend in blends for name, _ in blend}


def target_weights(face: dict[str, float], expression: bool = True) -> dict[str, float]:
    """Weight of every shape target for the parameters in `face`, by name."""
    weights: dict[str, float] = {}

    def add(blend: Blend, amount: float) -> None:
        for name, gain in blend:
            weights[name] = weights.get(name, 0.0) + gain * amount

    genders = dict(zip(GENDERS, (1 - face["gender"], face["gender"]), strict=True))
    ages = dict(zip(AGES, _hats(face["age"], (0.0, 0.1875, 0.5, 1.0)), strict=True))
    masses = dict(zip(WEIGHTS, _hats(face["weight"], (0.0, 0.5, 1.0)), strict=True))
    for (gender, g), (age, a) in product(genders.items(), ages.items()):
        for group in GROUPS:
            add(((f"{group}-{gender}-{age}", face[group]),), g * a)
        for mass, m in masses.items():
            add(((f"universal-{gender}-{age}-averagemuscle-{mass}", m),), g * a)
    for slider, (down, up) in SLIDERS.items():
        add(up if face[slider] > 0 else down, abs(face[slider]))
    add(CHILDLIKE, ages["baby"] + ages["child"])
    add(AGED, ages["old"])
    if expression:
        add(FRIENDLY, 1.0)
        add(RELAXED, max(face["gender"], ages["old"]) * (1 - ages["child"]))
        for name, blend in EXPRESSIONS.items():
            add(blend, face[name])
    return {name: weight for name, weight in weights.items() if abs(weight) > 1e-4}


class HeadShape:
    """Blends the targets over the base mesh; keeps them as one dense table to be quick."""

    def __init__(self, base: Floats, targets: dict[str, Target]) -> None:
        self._base = base
        self._rows = {name: row for row, name in enumerate(targets)}
        self._touched = np.unique(np.concatenate([t.indices for t in targets.values()]))
        place = np.full(len(base), -1, np.int32)
        place[self._touched] = np.arange(len(self._touched))
        self._table = np.zeros((len(targets), len(self._touched), 3), np.float32)
        for target, row in zip(targets.values(), self._table, strict=True):
            row[place[target.indices]] = target.offsets

    def vertices(self, weights: dict[str, float]) -> Floats:
        """Vertices (n, 3) float32 of the head under the given target weights."""
        rows = [self._rows[name] for name in weights]
        amounts = np.array(list(weights.values()), np.float32)
        result = self._base.copy()
        result[self._touched] += np.tensordot(amounts, self._table[rows], 1)
        return result


def _hats(value: float, knots: tuple[float, ...]) -> NDArray[np.float64]:
    """Weights of straight-line interpolation between `knots`: they sum to 1."""
    return np.array([np.interp(value, knots, row) for row in np.eye(len(knots))])
