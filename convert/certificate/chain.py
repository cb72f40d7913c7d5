"""A bundle's models run by the board's own code over whole sounds.

The certificate runs the same chain twice, with int8 files and with their float twins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from convert.nets.net import Floats
from edge.face.painter import CRISP_S, Painter
from edge.inference.engine import Engine
from edge.voice.attributes import AttributeHeads
from edge.voice.estimate import Attribute, Estimate
from edge.voice.listener import Heard
from edge.voice.pooling import pooling, unit


@dataclass(frozen=True)
class Answer:
    """What a chain makes of one sound."""

    vectors: Floats
    """`(windows, n)`: of the trunk"""
    pooled: Floats
    """`(n,)`: what the head takes"""
    feature: Floats
    """`(dimensions,)`"""
    attributes: Mapping[str, Attribute]
    picture: Floats
    """`(size, size, 3)`, 0…1"""
    landmarks: Floats | None
    """`(points, 2)`, pixels"""


class Trunks:
    """The trunk's vectors of all sounds, computed once for each file and runtime: the trunk is
    most of the work, and several targets share it."""

    def __init__(self, features: Sequence[Floats]) -> None:
        self._features = features
        self._made: dict[tuple[bytes, str], list[Floats]] = {}

    def __call__(self, engine: Engine) -> list[Floats]:
        """The vectors `(windows, n)` of every sound."""
        content = engine.bundle.model("trunk", engine.target)
        key = (content, str(engine.runtime))
        if key not in self._made:
            trunk = engine.model("trunk")
            self._made[key] = [
                np.stack([trunk(window).ravel() for window in of_sound])
                for of_sound in self._features
            ]
        return self._made[key]


def answers(engine: Engine, trunks: Trunks, tracts_cm: Sequence[float | None]) -> list[Answer]:
    """The answers to all sounds."""
    manifest = engine.bundle.manifest
    everything = frozenset(part.name for part in manifest.attributes)
    head = engine.model("head") if manifest.voice.head else None
    heads, painter = AttributeHeads(engine, everything), Painter(engine)
    pool = pooling(engine.bundle)
    made = []
    for vectors, tract_cm in zip(trunks(engine), tracts_cm, strict=True):
        pooled = pool(vectors)
        feature = pooled if head is None else head(pooled).ravel()
        if manifest.voice.unit_feature:
            feature = unit(feature)
        attributes = heads(feature)
        estimate = Estimate(
            evidence_s=CRISP_S,
            attributes=attributes,
            craniofacial={},
            feature=feature,
            bundle=manifest.name,
            bundle_sha256="",
            front_end=manifest.front_end.name,
            runtime="",
        )
        portrait = painter.paint(Heard(estimate, tract_cm))
        made.append(
            Answer(
                vectors=vectors,
                pooled=pooled,
                feature=feature,
                attributes=attributes,
                picture=np.asarray(portrait.image, np.float32) / 255,
                landmarks=portrait.landmarks,
            )
        )
    return made
