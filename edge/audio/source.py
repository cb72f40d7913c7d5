"""Where sound comes from: a file or a microphone, seen the same way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from edge.audio.block import AudioBlock
from edge.audio.no_sound import NoSound


class Source(Protocol):
    """A stream of blocks at the pace of real time or faster."""

    def __iter__(self) -> Iterator[AudioBlock | NoSound]:
        """Blocks until the source ends, with NoSound where an outage begins that may pass.

        Raises SoundError when it breaks for good.
        """

    def mute(self, muted: bool) -> None:
        """Give nothing from here on, or sound again. Muted means that the device is closed when
        this returns. From any thread."""

    def close(self) -> None:
        """Let go of the file or device. May be called twice, and from another thread."""
