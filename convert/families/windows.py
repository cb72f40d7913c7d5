"""What a recipe says of windows, for families whose trunk sees one window at a time."""

from __future__ import annotations

from dataclasses import dataclass

from convert.recipe import VoiceRecipe
from edge.errors import UsageError

_RATE = 16000
"""Hz"""
_FRAME, _HOP = 400, 160
"""samples of a frame, and from one to the next"""


@dataclass(frozen=True)
class Windows:
    """In frames."""

    length: int
    step: int


def windows(recipe: VoiceRecipe, default: Windows) -> Windows:
    """The windows of a recipe; `default`, or its overlap, where it says nothing. Raises
    UsageError."""
    length, step = default.length, default.step
    if recipe.window_s:
        length = frames(recipe.window_s)
        step = max(1, length * default.step // default.length)
    if recipe.step_s:
        step = round(recipe.step_s * _RATE) // _HOP
    if length < 1 or not 1 <= step <= length:
        raise UsageError(
            f"Windows of {recipe.window_s} s every {recipe.step_s} s leave out speech or are "
            "shorter than a frame. Set [voice] window_s to 0.025 or more, and step_s to 0.01 or "
            "more but not more than window_s."
        )
    return Windows(length, step)


def frames(seconds: float) -> int:
    """Whole frames in so many seconds."""
    return 1 + (round(seconds * _RATE) - _FRAME) // _HOP


def refuse_unused(family: str, **settings: object) -> None:
    """Raises UsageError for a setting of the recipe that the family has no use for."""
    for name, value in settings.items():
        if value:
            raise UsageError(f"The family {family} has no use for `{name}`. Leave it out.")
