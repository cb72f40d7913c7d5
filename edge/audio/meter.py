"""Microphones for people to look at: a list, and a live level."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator

from edge.audio.microphone import NONE_FOUND, MicrophoneSource, microphones

_WIDTH = 50
_QUIETEST_DB = -60.0


def listing() -> Iterator[str]:
    """One line a microphone, in words."""
    found = microphones()
    if not found:
        yield NONE_FOUND
    for microphone in found:
        yield f'device = "{microphone.name}"   # {microphone.rate} Hz, {microphone.channels} ch'


def show(device: str) -> None:
    """Draw the level of a microphone until interrupted. Raises SoundError."""
    source = MicrophoneSource(device)
    sys.stdout.write(f"{source.microphone.name}, end with Ctrl-C\n")
    try:
        for block in source:
            sys.stdout.write(f"\r{bar(block.level)}")
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
