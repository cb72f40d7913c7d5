"""Decides the state from what is heard: the one place where idle … holding follow each other."""

from __future__ import annotations

from edge.state import State

PAUSE_S = 0.6
"""seconds of silence that are a pause between words, not the end of speaking"""


class Conversation:
    """One speaker after the other, told apart by silence."""

    def __init__(self, hold_s: float) -> None:
        self._hold_s = hold_s
        self._silent_since: float | None = None
        self._someone = False
        self.state = State.IDLE

    def hear(self, now_s: float, speaking: bool, known: bool) -> bool:
        """Take note of a block that ends at `now_s`.

        `known` says that there is an estimate. Returns True when the speaker is to be forgotten,
        because the silence lasted `hold_s`.
        """
        if self.state in (State.MUTED, State.FAULT):
            self.state = State.IDLE
        if speaking:
            self._silent_since, self._someone = None, True
            self.state = State.SPEAKING if known else State.LISTENING
            return False
        if not self._someone:
            return False
        if self._silent_since is None:
            self._silent_since = now_s
        silent_s = now_s - self._silent_since
        if silent_s >= PAUSE_S:
            self.state = State.HOLDING if known else State.IDLE
        if silent_s < self._hold_s:
            return False
        self._someone, self.state = False, State.IDLE
        return True

    def interrupt(self, state: State) -> None:
        """Nothing is heard any more: `muted` or `fault`, until the next block. Whoever speaks then
        is a new person; the old one is to be forgotten."""
        self._silent_since, self._someone, self.state = None, False, state
