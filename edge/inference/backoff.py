"""How long to wait before the next try."""

from __future__ import annotations

import random

FIRST_S, LONGEST_S, JITTER = 2.0, 300.0, 0.2


class Backoff:
    """Doubles from try to try, with a little chance, so that many boards do not try at once."""

    def __init__(self, first_s: float = FIRST_S, longest_s: float = LONGEST_S) -> None:
        self._first_s, self._longest_s = first_s, longest_s
        self.tries = 0
        """since the last success"""

    def next_s(self) -> float:
        """Seconds to the next try."""
        plain = min(self._first_s * 2.0 ** min(self.tries, 30), self._longest_s)
        self.tries += 1
        return plain * random.uniform(1 - JITTER, 1 + JITTER)

    def succeeded(self) -> None:
        """Begin anew."""
        self.tries = 0
