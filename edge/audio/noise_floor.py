"""How loud a room is when nobody speaks in it."""

from __future__ import annotations

from collections import deque

CHUNKS = 32
"""in a piece: a second at 32 ms each"""
PIECES = 10
"""that are remembered"""


class NoiseFloor:
    """The quietest chunk of the last ten seconds."""

    def __init__(self) -> None:
        self._pieces: deque[float] = deque(maxlen=PIECES)
        self._quietest = float("inf")
        self._chunks = 0
        self.rms = 0.0
        """root mean square, full scale 1; 0 until a second was heard"""

    def hear(self, rms: float) -> None:
        """Take note of a chunk."""
        self._quietest = min(self._quietest, rms)
        self._chunks += 1
        if self._chunks == CHUNKS:
            self._pieces.append(self._quietest)
            self._quietest, self._chunks = float("inf"), 0
            self.rms = min(self._pieces)
