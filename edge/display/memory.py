"""A display that only remembers: the fake beside the real ones, for tests."""

from __future__ import annotations

from collections import deque

from edge.errors import DeviceError
from edge.scene import Scene


class MemoryDisplay:
    """Keeps the latest `keep` scenes in `scenes`, oldest first."""

    name = "memory"

    def __init__(self, keep: int = 256) -> None:
        self.scenes: deque[Scene] = deque(maxlen=keep)
        self.closed = False

    def show(self, scene: Scene) -> None:
        """Remember a scene. Raises DeviceError after `close`, as the real displays do."""
        if self.closed:
            raise DeviceError("The display in memory is closed. Open a new one.")
        self.scenes.append(scene)

    def close(self) -> None:
        """Take no more scenes."""
        self.closed = True
