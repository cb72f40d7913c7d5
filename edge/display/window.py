"""A display that is a window on a screen: X11, Wayland, or the bare console (KMS)."""

from __future__ import annotations

import importlib.util
import logging
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path

from edge.display.latest import LatestWorker
from edge.errors import DeviceError, WindowClosedError
from edge.face.compose import compose
from edge.scene import Scene
from edge.state import State

HEADER = struct.Struct(">II")
CARDS = Path("/dev/dri")
"""where Linux lists graphics cards, which SDL can use without a desktop"""
OPEN_TIMEOUT_S = 20.0
"""a board that has just started needs seconds to load SDL"""

log = logging.getLogger(__name__)


class WindowDisplay:
    """A window, drawn by a child process (`edge.display.screen`); `show` never waits for it.

    Raises DeviceError when there is no screen or no pygame. When the user closes the window, `show`
    raises WindowClosedError; when the screen goes away, DeviceError.
    """

    name = "window"

    def __init__(
        self,
        fullscreen: bool = False,
        size: tuple[int, int] = (960, 600),
        per_second: float = 25.0,
    ) -> None:
        if reason := why_no_window():
            raise DeviceError(reason)
        self._answered = threading.Event()
        self._size: tuple[int, int] | None = None
        self._gone: DeviceError | None = None
        self._scene = Scene(State.IDLE)
        self.driver = ""
        """what SDL draws with: `x11`, `wayland`, `kmsdrm`"""
        arguments = [str(size[0]), str(size[1]), *(["full"] if fullscreen else [])]
        self._child = subprocess.Popen(
            [sys.executable, "-m", "edge.display.screen", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self._worker = LatestWorker(self._send, "window-frames", per_second)
        threading.Thread(target=self._listen, name="window-events", daemon=True).start()
        if not self._answered.wait(OPEN_TIMEOUT_S):
            self._gone = DeviceError(
                f"The window did not open within {OPEN_TIMEOUT_S:.0f} s. "
                "Check the screen, or set [display] kind to web."
            )
        if self._gone is not None:
            self.close()
            raise self._gone
        self.show(self._scene)

    def show(self, scene: Scene) -> None:
        """Take over a scene; returns at once. Raises WindowClosedError or DeviceError."""
        if self._gone is not None:
            raise self._gone
        self._scene = scene
        self._worker.put(scene)

    def close(self) -> None:
        """Close the window and end the child. May be called twice."""
        if self._gone is None:
            self._gone = DeviceError("The window is closed. Start the program again to open one.")
        self._worker.close(timeout_s=1.0)
        if self._worker.busy:  # the child does not read any more
            self._child.kill()
            self._worker.close()
        assert self._child.stdin is not None
        self._child.stdin.close()
        try:
            self._child.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _send(self, scene: Scene) -> None:
        if self._size is None or self._gone is not None:
            return
        frame = compose(scene, self._size)
        assert self._child.stdin is not None
        rest = memoryview(HEADER.pack(*frame.size) + frame.tobytes())
        try:
            while rest:
                rest = rest[self._child.stdin.write(rest) :]
        except BrokenPipeError:
            log.debug("event=window_pipe_closed")  # _listen learns why

    def _listen(self) -> None:
        reason = ""
        closed = False
        assert self._child.stdout is not None
        for line in self._child.stdout:
            word, _, rest = line.decode(errors="replace").strip().partition(" ")
            if word == "open":
                self.driver, width, height = rest.split()
                self._size = int(width), int(height)
                self._answered.set()
            elif word == "size":
                width, height = rest.split()
                self._size = int(width), int(height)
                self._worker.put(self._scene)
            elif word == "closed":
                closed = True
            elif word == "error":
                reason = rest
        status = self._child.wait()
        if self._gone is None:
            self._gone = self._why_gone(status, closed, reason)
        self._answered.set()

    def _why_gone(self, status: int, closed: bool, reason: str) -> DeviceError:
        if closed:
            return WindowClosedError("The window was closed.")
        if self._size is None:
            return DeviceError(
                f"The window cannot be opened on {_screen()}: {reason or f'exit code {status}'}. "
                "Check that this user may use the screen, or set [display] kind to web."
            )
        return DeviceError(
            f"The window is gone: the screen {_screen()} went away (exit code {status}). "
            "Start the screen again, then this program, or set [display] kind to web."
        )


def why_no_window() -> str:
    """What keeps a window from opening on this machine; empty when nothing is in sight."""
    if not _screen():
        return (
            "No screen: neither DISPLAY nor WAYLAND_DISPLAY is set, and there is no "
            "/dev/dri/card*. Connect a screen or start a desktop, or set [display] kind to web."
        )
    if importlib.util.find_spec("pygame") is None:
        return (
            "A window needs pygame. Install it with `pip install 'speech2face-edge[window]'`, "
            "or set [display] kind to web."
        )
    return ""


def _screen() -> str:
    """The screen that SDL will use, in words; empty when there is none."""
    for variable in ("SDL_VIDEODRIVER", "WAYLAND_DISPLAY", "DISPLAY"):
        if value := os.environ.get(variable):
            return f"{variable}={value}"
    return next((str(card) for card in sorted(CARDS.glob("card*"))), "")
