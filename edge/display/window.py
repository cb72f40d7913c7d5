"""A display that is a window on a screen: X11, Wayland, or the bare console (KMS)."""

from __future__ import annotations

import logging
import threading

from edge.display.desktop import answers, why_no_window
from edge.display.latest import LatestWorker
from edge.display.picture import LOOK_AGAIN_S, Pictures
from edge.display.window_process import WindowProcess
from edge.errors import DeviceError, WindowClosedError
from edge.scene import Scene
from edge.settings import DisplaySettings
from edge.state import State

OPEN_TIMEOUT_S = 20.0
"""a board that has just started needs seconds to load SDL"""
RETRY_S = 3.0
"""from one try to the next to get a window back"""

log = logging.getLogger(__name__)


class WindowDisplay:
    """A window, drawn by a child process; `show` never waits for it.

    Raises DeviceError when there is no screen or no pygame. When the user closes the window, `show`
    raises WindowClosedError. When the screen goes away, `show` raises DeviceError until there is a
    screen again: then the window comes back by itself.
    """

    name = "window"

    def __init__(
        self,
        fullscreen: bool = False,
        size: tuple[int, int] = (960, 600),
        per_second: float = 30.0,
        settings: DisplaySettings | None = None,
    ) -> None:
        if reason := why_no_window():
            raise DeviceError(reason)
        self._fullscreen, self._first_size = fullscreen, size
        self._pictures = Pictures(settings)
        self._scene = Scene(State.IDLE)
        self._closing = threading.Event()
        self._lost = threading.Event()
        self._process: WindowProcess | None = None
        self._opening: WindowProcess | None = None
        opened = self._open()
        if isinstance(opened, DeviceError):
            raise opened
        self._worker = LatestWorker(self._send, "window-frames", per_second, LOOK_AGAIN_S)
        self._keeper = threading.Thread(target=self._keep, name="window-keeper", daemon=True)
        self._keeper.start()
        self._take(opened)

    @property
    def driver(self) -> str:
        """What SDL draws with: `x11`, `wayland`, `kmsdrm`."""
        return self._process.driver if self._process else ""

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height of the window in pixels."""
        return self._process.size if self._process else None

    def show(self, scene: Scene) -> None:
        """Take over a scene; returns at once. Raises WindowClosedError or DeviceError."""
        if self._closing.is_set():
            raise DeviceError("The window is closed. Start the program again to open one.")
        self._scene = scene
        if self._process and self._process.gone:
            raise self._process.gone
        self._worker.put(scene)

    def close(self) -> None:
        """Close the window and end the child. May be called twice."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._lost.set()
        if opening := self._opening:
            opening.kill()
        self._keeper.join()
        self._worker.close(timeout_s=1.0)
        process = self._process
        assert process is not None
        if self._worker.busy:  # the child does not read any more
            process.kill()
            self._worker.close()
        process.close()

    def _open(self) -> WindowProcess | DeviceError:
        """A window that is open, or why there is none."""
        process = WindowProcess(self._first_size, self._fullscreen, self._changed)
        self._opening = process
        error = process.wait_open(OPEN_TIMEOUT_S)
        self._opening = None
        if error is None:
            return process
        process.kill()
        process.close()
        return error

    def _take(self, process: WindowProcess) -> None:
        """From now on draw in this window."""
        self._pictures.forget()
        self._process = process
        if process.gone:  # meanwhile; nobody was told
            self._lost.set()
        self._worker.put(self._scene)

    def _changed(self, process: WindowProcess) -> None:
        """In the process's thread: a new size, or its end."""
        if process is not self._process or self._closing.is_set():
            return
        if process.gone:
            self._lost.set()
        else:
            self._worker.put(self._scene)

    def _send(self, scene: Scene) -> None:
        process = self._process
        if process is None or process.size is None or process.gone:
            return
        if (frame := self._pictures.changed(scene, process.size)) is not None:
            process.send(frame)

    def _keep(self) -> None:
        """Get the window back whenever the screen took it, until it is closed."""
        while True:
            self._lost.wait()
            self._lost.clear()
            ended = self._process
            if self._closing.is_set() or ended is None or isinstance(ended.gone, WindowClosedError):
                return
            log.warning("event=window_gone problem=%r", str(ended.gone))
            if (fresh := self._again()) is None:
                return
            self._take(fresh)
            ended.close()
            log.info("event=window_back driver=%s", fresh.driver)

    def _again(self) -> WindowProcess | None:
        """A new window, as soon as there can be one; None when this display is closed."""
        while not self._closing.wait(RETRY_S):
            if not answers():
                continue
            opened = self._open()
            if isinstance(opened, WindowProcess):
                return opened
            log.debug("event=window_retry problem=%r", str(opened))
        return None
