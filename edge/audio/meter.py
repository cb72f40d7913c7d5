"""Microphones for people to look at: a list, and a live level."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator

from edge.audio.inputs import NONE_FOUND
from edge.audio.microphone import MicrophoneSource
from edge.audio.no_sound import NoSound
from edge.audio.port_audio import microphones
from edge.errors import SoundError

_WIDTH = 50
_QUIETEST_DB = -60.0


def listing() -> Iterator[str]:
    """One line a microphone: what to write into the settings, and what it is."""
    found = microphones()
    if not found:
        yield NONE_FOUND
    for microphone in found:
        usb = f", USB {microphone.card.usb}" if microphone.card and microphone.card.usb else ""
        yield (
            f'device = "{microphone.setting}"   # {microphone.name}{usb}, '
            f"{microphone.rate} Hz, {microphone.channels} ch"
        )


def show(device: str) -> None:
    """Draw the level of a microphone until interrupted. Raises SoundError where there is none."""
    source, heard = MicrophoneSource(device), False
    try:
        for item in source:
            if isinstance(item, NoSound):
                if not heard:
                    raise SoundError(item.reason)
                sys.stdout.write(f"\n{item.reason}\n")
                continue
            if not heard and source.opened:
                opened = source.opened
                sys.stdout.write(f"{opened.name}, {opened.rate} Hz, end with Ctrl-C\n")
            heard = True
            sys.stdout.write(f"\r{bar(item.level)}")
            sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stdout.write("\n")
    finally:
        source.close()


def bar(level: float) -> str:
    """A level (root mean square, full scale 1) as a bar with decibels."""
    decibel = max(_QUIETEST_DB, 20 * math.log10(max(level, 1e-6)))
    filled = round(_WIDTH * (1 - decibel / _QUIETEST_DB))
    return f"{'█' * filled}{'·' * (_WIDTH - filled)} {decibel:6.1f} dB"
