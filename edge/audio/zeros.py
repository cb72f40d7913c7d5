"""Exact zeros in what a microphone gives.

A converter is never exactly silent. Nothing but zeros means that it is muted or switched off; runs
of zeros in the middle of sound mean that it drops samples, as the codec of the Coral Dev Board
does.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RUN_S = 0.005
"""shortest run that counts as dropped sound"""
LOUD = 300
"""peak of a block, 16-bit, from which a run of zeros in it cannot be quiet sound"""
BLOCKS = 3
"""so many blocks with runs in a row of `WINDOW` are a fault of the device"""
WINDOW = 600
"""blocks; a minute"""


class Zeros:
    """Watches `(samples, channels) int16` as they come from the device."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._shortest = int(RUN_S * rate)
        self._seen = self._with_runs = 0
        self.nothing_else_s = 0.0
        """seconds of nothing but zeros up to now"""
        self.dropping = False
        """runs of zeros were found in the middle of sound"""

    def __call__(self, sound: npt.NDArray[np.int16]) -> None:
        """Look at the next block."""
        peak = int(np.abs(sound[::7].astype(np.int32)).max(initial=0))
        if not peak and not sound.any():
            self.nothing_else_s += sound.shape[0] / self._rate
            return
        self.nothing_else_s = 0.0
        self._seen += 1
        if peak >= LOUD and longest_run(~sound.any(axis=1)) >= self._shortest:
            self._with_runs += 1
        if self._with_runs >= BLOCKS:
            self.dropping = True
        if self._seen >= WINDOW:
            self._seen = self._with_runs = 0


def longest_run(flags: npt.NDArray[np.bool_]) -> int:
    """Length of the longest run of True in `(n,) bool` that begins and ends within it."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8)))
    if not edges.size:
        return 0
    rising = np.flatnonzero(~flags[edges])  # the run begins behind such an edge
    ends = rising + 1
    whole = ends < edges.size
    return int((edges[ends[whole]] - edges[rising[whole]]).max(initial=0))
