"""A mouth that follows the loudness and the colour of speech."""

from __future__ import annotations

import numpy as np

from edge.face.sound import Sound

ATTACK_S, RELEASE_S = 0.035, 0.11
"""time constants: a mouth opens faster than it closes"""
SPAN_DB = 28.0
"""from closed to wide open, below the loudest of late"""
QUIETEST_DB = -42.0
"""the least that counts as the loudest: noise does not move the mouth"""
FORGET_S = 8.0
"""time constant by which the loudest of late is forgotten: microphones differ"""
ROUND_HZ, SPREAD_HZ = 450.0, 2000.0
"""middles of the spectrum of 'oo' and 'ee', about"""


class Mouth:
    """Smooths loudness and colour from frame to frame."""

    def __init__(self) -> None:
        self.open = 0.0
        """0 closed, 1 wide open"""
        self.spread = 0.5
        """0 round as in 'oo', 1 wide as in 'ee'"""
        self._loudest_db = QUIETEST_DB

    def follow(self, sound: Sound, passed_s: float) -> None:
        """Move on by so many seconds towards a sound."""
        level_db = 20 * np.log10(max(sound.level, 1e-6))
        faded = QUIETEST_DB + (self._loudest_db - QUIETEST_DB) * np.exp(-passed_s / FORGET_S)
        self._loudest_db = float(max(faded, level_db))
        wanted = float(np.clip(1 + (level_db - self._loudest_db) / SPAN_DB, 0, 1)) ** 1.5
        # Just when a sound begins the loudest is this one; below the floor it stays closed.
        wanted *= float(np.clip((level_db - QUIETEST_DB) / 12, 0, 1))
        self.open = glide(
            self.open, wanted, passed_s, ATTACK_S if wanted > self.open else RELEASE_S
        )
        if sound.centroid_hz > 0:
            octaves = np.log(sound.centroid_hz / ROUND_HZ) / np.log(SPREAD_HZ / ROUND_HZ)
            self.spread = glide(self.spread, float(np.clip(octaves, 0, 1)), passed_s, RELEASE_S)


def glide(now: float, wanted: float, passed_s: float, time_constant_s: float) -> float:
    """A step of exponential smoothing; it does not depend on how often it is taken."""
    return wanted + (now - wanted) * float(np.exp(-passed_s / time_constant_s))
