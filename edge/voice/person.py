"""Tells when another person has begun to speak, so that one face is not made of two voices."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from edge.inference.manifest import VoiceChange
from edge.voice.pooling import Pool, Pooling

Floats = npt.NDArray[np.float32]

TIMES = 2
"""windows in a row that must say so: one may be a laugh"""


class Person:
    """Compares the latest windows with those before, by the cosine of their face features.

    The features are taken without their mean over many speakers, which all voices share.
    """

    def __init__(
        self,
        change: VoiceChange,
        mean: Floats,
        pooling: Pooling,
        feature: Callable[[Floats], Floats],
    ) -> None:
        """`mean`: `(dimensions,)`; `feature` makes one of a pooled vector."""
        self._change, self._mean, self._pooling, self._feature = change, mean, pooling, feature
        self._recent: deque[Floats] = deque(maxlen=change.windows)
        self._before: Pool = pooling.start()
        self._strange = 0

    @property
    def recent(self) -> Sequence[Floats]:
        """The latest windows' vectors: the new person's, when there is one."""
        return tuple(self._recent)

    def hear(self, vector: Floats) -> bool:
        """Take the vector of the next window; whether its voice is another than before."""
        if len(self._recent) == self._change.windows:
            self._before.add(self._recent[0])
        self._recent.append(vector)
        if self._before.windows < self._change.windows:
            return False
        likeness = self._likeness()
        self._strange = self._strange + 1 if likeness < self._change.threshold else 0
        if self._strange < TIMES:
            return False
        self._before, self._strange = self._pooling.start(), 0
        return True

    def _likeness(self) -> float:
        before = self._feature(self._before.result()) - self._mean
        recent = self._feature(self._pooling(self._recent)) - self._mean
        length = float(np.linalg.norm(before) * np.linalg.norm(recent))
        return float(np.dot(before, recent)) / max(length, 1e-12)
