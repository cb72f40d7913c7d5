"""Sums from which a mean and a deviation follow, and which may be added up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Sums = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Of values `(frames, bins)`, each bin for itself, in float64."""

    frames: int
    total: Sums
    """`(bins,)`"""
    squares: Sums
    """`(bins,)`"""

    @classmethod
    def none(cls) -> Moments:
        """Of no frames at all."""
        return cls(0, np.zeros(1), np.zeros(1))

    @classmethod
    def of(cls, values: npt.NDArray[Any]) -> Moments:
        exact = values.astype(np.float64)
        return cls(len(values), exact.sum(axis=0), np.einsum("fb,fb->b", exact, exact))

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.frames + other.frames, self.total + other.total, self.squares + other.squares
        )

    @property
    def mean(self) -> Sums:
        """`(bins,)`"""
        return self.total / self.frames

    @property
    def deviation(self) -> Sums:
        """`(bins,)`"""
        return np.sqrt(np.maximum(self.squares / self.frames - self.mean**2, 0.0))
