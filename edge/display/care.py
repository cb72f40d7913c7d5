"""How bright a screen is and how far its picture is shifted: for the night, and against burn-in."""

from __future__ import annotations

import time
from dataclasses import dataclass

from edge.scene import Scene
from edge.settings import DisplaySettings
from edge.state import State

SPEECH = frozenset({State.LISTENING, State.SPEAKING})
SHIFT_EVERY_S = 60.0
_WALK = ((0, 0), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))
"""where the picture goes, one place a minute: beside its last place, but for the way back"""


@dataclass(frozen=True)
class Moment:
    """What the clocks say."""

    minute: int
    """of the local day, 0 to 1439"""
    running_s: float
    """since the display was opened"""
    quiet_s: float
    """since speech was last heard, or since the display was opened"""


@dataclass(frozen=True)
class Look:
    """How a picture is shown."""

    brightness: float
    """0 (black) to 1"""
    offset: tuple[int, int]
    """pixels to the right and down"""


def look(scene: Scene, moment: Moment, settings: DisplaySettings) -> Look:
    """How `scene` is shown at this moment.

    A fault is not hidden by `off_after_min`, only dimmed: somebody has to read it.
    """
    brightness = 1.0 if _is_bright(moment.minute, settings) else settings.dim
    off_s = 60 * settings.off_after_min
    if off_s and moment.quiet_s >= off_s and scene.state not in SPEECH:
        brightness = min(brightness, settings.dim) if scene.state is State.FAULT else 0.0
    right, down = _WALK[int(moment.running_s // SHIFT_EVERY_S) % len(_WALK)]
    return Look(brightness, (right * settings.shift_px, down * settings.shift_px))


def _is_bright(minute: int, settings: DisplaySettings) -> bool:
    if not settings.bright_from:
        return True
    start, end = _minute(settings.bright_from), _minute(settings.bright_to)
    if start <= end:
        return start <= minute < end or start == end
    return minute >= start or minute < end  # past midnight


def _minute(time_of_day: str) -> int:
    hours, _, minutes = time_of_day.partition(":")
    return 60 * int(hours) + int(minutes)


class Watch:
    """The clocks of one display: remembers when speech was last heard."""

    def __init__(self) -> None:
        self._opened = self._heard = time.monotonic()

    def moment(self, scene: Scene) -> Moment:
        """Now, with this scene."""
        now = time.monotonic()
        if scene.state in SPEECH:
            self._heard = now
        local = time.localtime()
        return Moment(60 * local.tm_hour + local.tm_min, now - self._opened, now - self._heard)
