"""Who is shown: another person's face comes after the one before has gone."""

from __future__ import annotations

from dataclasses import dataclass

from edge.face.painter import Portrait

FADE_S = 0.3
"""for a face to go, and for the next to come"""


@dataclass(frozen=True)
class Shown:
    """Whose face is shown, and how much of it is there."""

    portrait: Portrait
    person: int
    share: float
    """0 nobody … 1 all there"""


class Presence:
    """Fades faces out and in, so that two people are never blended."""

    def __init__(self) -> None:
        self._shown: Shown | None = None
        self._last_s = 0.0

    def __call__(self, portrait: Portrait | None, person: int, time_s: float) -> Shown | None:
        """What is shown when `portrait` of `person` is the latest. Times do not go back; another
        number is another person; None: there is no face."""
        step = max(0.0, time_s - self._last_s) / FADE_S
        self._last_s = time_s
        shown = self._shown
        if shown and (portrait is None or person != shown.person) and shown.share > step:
            self._shown = Shown(shown.portrait, shown.person, shown.share - step)
        elif portrait is None:
            self._shown = None
        elif shown is None or person != shown.person:
            self._shown = Shown(portrait, person, 0.0)
        else:
            self._shown = Shown(portrait, person, min(1.0, shown.share + step))
        return self._shown
