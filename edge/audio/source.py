"""Where sound comes from: a file or a microphone, seen the same way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from edge.audio.block import AudioBlock


class Source(Protocol):
    """A stream of blocks at the pace of real time or faster."""

    def __iter__(self) -> Iterator[AudioBlock]:
        """Blocks until the source ends. Raises SoundError when it breaks."""

    def close(self) -> None:
        """Let go of the file or device. May be called twice, and from another thread."""
