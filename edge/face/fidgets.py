"""What a living face does by itself: blinks, glances, small slow movements.

All are functions of time and seed, whatever the frame rate.
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

BLINK_S = 0.15
LEAST_S, MOST_S = 2.0, 6.0
"""from one blink to the next"""
GLANCE_S = (1.2, 4.0)
"""how long a glance lasts"""
SWAY_S = (5.0, 13.0)
"""periods of slow movements"""


class Blinks:
    """How far the lids are closed, 0…1."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng((seed, 1))
        self._starts = [self._rng.uniform(0.5, MOST_S)]

    def __call__(self, time_s: float) -> float:
        """At a time, in seconds from 0; earlier times may be asked for later."""
        while self._starts[-1] <= time_s:
            self._starts.append(self._starts[-1] + self._rng.uniform(LEAST_S, MOST_S))
        place = bisect_right(self._starts, time_s) - 1
        if place < 0:
            return 0.0
        share = (time_s - self._starts[place]) / BLINK_S
        return float(np.interp(share, [0, 0.35, 0.55, 1], [0, 1, 1, 0]))


class Glances:
    """Where the eyes look, right and down, −1…1: mostly ahead, now and then a little aside."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng((seed, 2))
        self._starts = [0.0]
        self._places = [(0.0, 0.0)]

    def __call__(self, time_s: float) -> tuple[float, float]:
        """At a time, in seconds from 0."""
        while self._starts[-1] <= time_s:
            self._starts.append(self._starts[-1] + self._rng.uniform(*GLANCE_S))
            ahead = self._rng.random() < 0.55
            right, down = self._rng.normal(0, 0.12 if ahead else 0.45, 2)
            place = (float(np.clip(right, -0.9, 0.9)), float(np.clip(0.5 * down, -0.4, 0.4)))
            self._places.append(place)
        return self._places[max(0, bisect_right(self._starts, time_s) - 1)]


class Sway:
    """A slow wave without a beat, −1…1."""

    def __init__(self, seed: int, number: int) -> None:
        rng = np.random.default_rng((seed, 3, number))
        self._periods_s = rng.uniform(*SWAY_S, 3)
        self._phases = rng.uniform(0, 2 * np.pi, 3)

    def __call__(self, time_s: float) -> float:
        """At a time, in seconds."""
        return float(np.sin(2 * np.pi * time_s / self._periods_s + self._phases).mean())
