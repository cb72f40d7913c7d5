"""Sound inputs and the names by which the settings choose one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edge.audio.cards import Card
from edge.errors import SoundError

NONE_FOUND = "No microphone was found. Plug one in, or play a file: `s2f-edge run --source FILE`."

_NUMBER = re.compile(r"(?:plug)?(?:hw)?:?\d+(?:,\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Microphone:
    """A sound input as PortAudio lists it."""

    index: int
    """PortAudio's number; changes between boots, so it is never put into settings"""
    name: str
    rate: int
    """Hz, the device's default"""
    channels: int
    card: Card | None = None
    """None for what is no card: a sound server's device"""

    @property
    def setting(self) -> str:
        """What to write into the settings: the card's id, which stays, or the name."""
        if self.card is None:
            return self.name
        device = f",DEV={self.card.device}" if self.card.device else ""
        return f"CARD={self.card.id}{device}"


def choose(found: list[Microphone], wanted: str) -> Microphone:
    """The input that `wanted` names: as `setting` does, by its USB id, or by a part of its name.
    The first one when it is empty.

    Raises SoundError that lists what was found.
    """
    if not found:
        raise SoundError(NONE_FOUND)
    if not wanted:
        return found[0]
    names = ", ".join(f"'{microphone.setting}'" for microphone in found)
    if _NUMBER.fullmatch(wanted.strip()):
        raise SoundError(
            f"'{wanted}' is a number, and those change between boots. Found: {names}. "
            "Set [audio] device to a name, or run `s2f-edge devices`."
        )
    sought = wanted.strip().lower()
    for microphone in found:
        exact = {microphone.setting.lower(), microphone.name.lower()}
        if microphone.card:
            exact |= {microphone.card.id.lower(), microphone.card.usb} - {""}
        if sought in exact:
            return microphone
    for microphone in found:
        if sought in microphone.name.lower() or sought in microphone.setting.lower():
            return microphone
    raise SoundError(
        f"No microphone is named '{wanted}'. Found: {names}. "
        "Set [audio] device, or run `s2f-edge devices`."
    )
