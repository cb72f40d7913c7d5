"""Counts the samples that a device lost without saying so.

Neither PortAudio nor ALSA's plugins report it reliably. What is lost makes the samples fall behind
the clock, for good. Being late for a moment does not, and a crystal that is 0.02 % off moves them
by a millisecond in the time in which they are compared.
"""

from __future__ import annotations

WINDOW = 50
"""blocks, 5 s: the least late of them is the one that nothing delayed"""
TOLERANCE_S = 0.1
"""a sound server that changes its buffers looks the same as a small loss"""


class LostSamples:
    """Compares the number of samples with the monotonic clock."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._samples = 0
        self._blocks = 0
        self._least = float("inf")
        self._usual: float | None = None

    def __call__(self, ended_s: float, samples: int) -> int:
        """Take note of a block that was complete at `ended_s`. Returns the samples that are now
        known to be lost; found within two windows of the loss."""
        self._samples += samples
        self._blocks += 1
        self._least = min(self._least, ended_s - self._samples / self._rate)
        if self._blocks < WINDOW:
            return 0
        least, usual = self._least, self._usual
        self._blocks, self._least, self._usual = 0, float("inf"), least
        if usual is None or least - usual <= TOLERANCE_S:
            return 0
        return round((least - usual) * self._rate)
