"""A display that is the Linux framebuffer: pixels straight into the screen's memory."""

from __future__ import annotations

import logging
import mmap
import os
from pathlib import Path

import numpy as np

from edge.display.latest import LatestWorker
from edge.display.picture import LOOK_AGAIN_S, Pictures
from edge.display.pixels import layout
from edge.errors import DeviceError
from edge.scene import Scene
from edge.settings import DisplaySettings
from edge.state import State

SYSFS = Path("/sys/class/graphics")

log = logging.getLogger(__name__)


class FramebufferDisplay:
    """Draws on a framebuffer device, of any size, stride and depth of 16, 24 or 32 bits.

    The first frame is drawn at once. Raises DeviceError when the device is missing, may not be
    written or has another depth.
    """

    name = "framebuffer"

    def __init__(
        self,
        settings: DisplaySettings | None = None,
        sysfs: Path = SYSFS,
        per_second: float = 30.0,
    ) -> None:
        settings = settings or DisplaySettings()
        device = Path(settings.framebuffer)
        if reason := why_no_framebuffer(device):
            raise DeviceError(reason)
        self.layout = layout(device, sysfs / device.name)
        self._pictures = Pictures(settings)
        self._memory = _open(device, self.layout.bytes)
        self._rows = self._seen()
        self._draw(Scene(State.IDLE))
        self._worker = LatestWorker(self._draw, "framebuffer", per_second, LOOK_AGAIN_S)

    def show(self, scene: Scene) -> None:
        """Take over a scene; returns at once. Raises DeviceError after `close`."""
        self._worker.put(scene)

    def close(self) -> None:
        """Draw the scene that still waits and let go of the device. May be called twice.

        The picture stays until something else draws.
        """
        self._worker.close()

    def _seen(self) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
        """The bytes of the rows that are seen, `(height, row_bytes)`, in the device's memory."""
        found = self.layout
        start = found.top * found.stride + found.left * found.bits // 8
        return np.ndarray(
            (found.height, found.row_bytes), np.uint8, self._memory, start, (found.stride, 1)
        )

    def _draw(self, scene: Scene) -> None:
        size = self.layout.width, self.layout.height
        if (picture := self._pictures.changed(scene, size)) is not None:
            self._rows[:] = self.layout.encode(picture)


def why_no_framebuffer(device: Path) -> str:
    """What keeps the framebuffer from being drawn on; empty when nothing is in sight."""
    if not device.exists():
        return (
            f"No framebuffer: there is no {device}. Under KMS alone there is none; set [display] "
            "kind to window or web."
        )
    if not os.access(device, os.R_OK | os.W_OK):
        return (
            f"The framebuffer {device} may not be written. Let this program's user do so, e.g. "
            "`sudo usermod -aG video $USER`, and log in again."
        )
    return ""


def _open(device: Path, length: int) -> mmap.mmap:
    try:
        with device.open("r+b") as file:
            return mmap.mmap(file.fileno(), length)
    except (OSError, ValueError) as error:
        raise DeviceError(
            f"The framebuffer {device} cannot be mapped into memory: {error}. "
            "Set [display] kind to window or web."
        ) from error
