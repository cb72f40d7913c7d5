"""How the vectors of a speaker's windows become one vector.

A pooling is stateless; it starts a pool for each speaker, which takes the windows' vectors one by
one and keeps no more than it needs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from edge.inference.bundle import Bundle
from edge.inference.manifest import AttentionPooling

Floats = npt.NDArray[np.float32]


class Pool(Protocol):
    """The windows of one speaker so far."""

    @property
    def windows(self) -> int:
        """How many windows the result rests on."""

    def add(self, vector: Floats) -> None:
        """Take the vector `(n,)` of the next window."""

    def result(self) -> Floats:
        """The pooled vector `(m,)` of the windows so far, at least one."""


class Pooling(ABC):
    """Vectors of windows to one vector."""

    @abstractmethod
    def start(self) -> Pool:
        """An empty pool."""

    def __call__(self, vectors: Iterable[Floats]) -> Floats:
        """What a pool makes of all these vectors `(n,)`, in their order."""
        pool = self.start()
        for vector in vectors:
            pool.add(vector)
        return pool.result()


@dataclass(frozen=True)
class Mean(Pooling):
    """The average of all windows, or of the latest ones."""

    unit_vectors: bool = False
    """each window's vector is scaled to length 1 first"""
    most_windows: int | None = None
    """the latest windows that take part; None: all of them"""

    def start(self) -> Pool:
        return _LatestWindows(self) if self.most_windows else _RunningMean(self)

    def pooled(self, vectors: Floats) -> Floats:
        """Windows `(windows, n)` to their average `(n,)`."""
        return np.asarray(vectors.mean(axis=0, dtype=np.float64), np.float32)


@dataclass(frozen=True, eq=False)
class Attention(Pooling):
    """The windows attend to each other, then are averaged (Bai et al. 2022).

    "General" attention of Luong et al. 2015 with the windows as queries and as context; the
    fields are those of `edge.inference.manifest.AttentionPooling`.
    """

    inputs: Floats
    """`(n, n)`"""
    outputs: Floats
    """`(m, 2·n)`"""
    unit_vectors: bool
    tanh: bool
    most_windows: int

    def start(self) -> Pool:
        return _LatestWindows(self)

    def pooled(self, vectors: Floats) -> Floats:
        """Windows `(windows, n)` to the pooled vector `(m,)`."""
        queries = vectors @ self.inputs.T
        scores = queries @ vectors.T
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        attended = np.concatenate([weights @ vectors, queries], axis=1) @ self.outputs.T
        return np.asarray((np.tanh(attended) if self.tanh else attended).mean(axis=0))


def pooling(bundle: Bundle, most_windows: int | None = None) -> Pooling:
    """The bundle's pooling; of the latest `most_windows` at most, where that is given."""
    part = bundle.manifest.voice.pooling
    if not isinstance(part, AttentionPooling):
        return Mean(part.unit_vectors, most_windows)
    return Attention(
        inputs=bundle.array(part.inputs),
        outputs=bundle.array(part.outputs),
        unit_vectors=part.unit_vectors,
        tanh=part.tanh,
        most_windows=min(part.most_windows, most_windows or part.most_windows),
    )


def unit(vector: Floats) -> Floats:
    """The vector at length 1; a vector of zeros stays one."""
    return vector / np.float32(max(float(np.linalg.norm(vector)), 1e-12))


class _RunningMean:
    """A sum in float64, so that hours of speech do not round."""

    def __init__(self, mean: Mean) -> None:
        self._mean = mean
        self.windows = 0
        self._sum: npt.NDArray[np.float64] = np.zeros(1)

    def add(self, vector: Floats) -> None:
        self._sum = self._sum + (unit(vector) if self._mean.unit_vectors else vector)
        self.windows += 1

    def result(self) -> Floats:
        return (self._sum / self.windows).astype(np.float32)


class _LatestWindows:
    """So many windows, as the attention was trained with or the owner wants; older ones are
    dropped."""

    def __init__(self, pooling: Mean | Attention) -> None:
        self._pooling = pooling
        self._vectors: deque[Floats] = deque(maxlen=pooling.most_windows)

    @property
    def windows(self) -> int:
        return len(self._vectors)

    def add(self, vector: Floats) -> None:
        self._vectors.append(unit(vector) if self._pooling.unit_vectors else vector)

    def result(self) -> Floats:
        return self._pooling.pooled(np.stack(self._vectors))
