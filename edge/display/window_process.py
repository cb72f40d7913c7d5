"""The child process of a window (`edge.display.screen`), as its parent sees it."""

from __future__ import annotations

import logging
import struct
import subprocess
import sys
import threading
from collections.abc import Callable

from PIL import Image

from edge.display.desktop import screen
from edge.errors import DeviceError, WindowClosedError

HEADER = struct.Struct(">II")

log = logging.getLogger(__name__)


class WindowProcess:
    """One window, from its opening to its end.

    `changed` is called with it, from a thread, when the window has a new size and when it has
    ended.
    """

    def __init__(
        self,
        size: tuple[int, int],
        fullscreen: bool,
        changed: Callable[[WindowProcess], None],
    ) -> None:
        self.driver = ""
        """what SDL draws with: `x11`, `wayland`, `kmsdrm`"""
        self.size: tuple[int, int] | None = None
        """pixels of the window; None before it is open"""
        self.gone: DeviceError | None = None
        """why it has ended; None while it has not"""
        self._changed = changed
        self._answered = threading.Event()
        self._where = screen()
        arguments = [str(size[0]), str(size[1]), *(["full"] if fullscreen else [])]
        self.child = subprocess.Popen(
            [sys.executable, "-m", "edge.display.screen", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        threading.Thread(target=self._listen, name="window-events", daemon=True).start()

    def wait_open(self, timeout_s: float) -> DeviceError | None:
        """Wait for the window; why it did not open, if it did not."""
        if not self._answered.wait(timeout_s):
            return DeviceError(
                f"The window did not open within {timeout_s:.0f} s. "
                "Check the screen, or set [display] kind to web."
            )
        return self.gone

    def send(self, frame: Image.Image) -> None:
        """Hand over an RGB frame; waits for as long as the child does not read."""
        assert self.child.stdin is not None
        rest = memoryview(HEADER.pack(*frame.size) + frame.tobytes())
        try:
            while rest:
                rest = rest[self.child.stdin.write(rest) :]
        except BrokenPipeError:
            log.debug("event=window_pipe_closed")  # _listen learns why

    def kill(self) -> None:
        """End the child at once."""
        self.child.kill()

    def close(self) -> None:
        """Close the window and end the child; nobody may be in `send`."""
        assert self.child.stdin is not None
        self.child.stdin.close()
        try:
            self.child.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def _listen(self) -> None:
        reason = ""
        closed = False
        assert self.child.stdout is not None
        with self.child.stdout as lines:
            for line in lines:
                word, _, rest = line.decode(errors="replace").strip().partition(" ")
                if word == "open":
                    self.driver, width, height = rest.split()
                    self.size = int(width), int(height)
                    self._answered.set()
                elif word == "size":
                    width, height = rest.split()
                    self.size = int(width), int(height)
                    self._changed(self)
                elif word == "closed":
                    closed = True
                elif word == "error":
                    reason = rest
        self.gone = self._why_gone(self.child.wait(), closed, reason)
        self._answered.set()
        self._changed(self)

    def _why_gone(self, status: int, closed: bool, reason: str) -> DeviceError:
        if closed:
            return WindowClosedError("The window was closed.")
        if self.size is None:
            return DeviceError(
                f"The window cannot be opened on {self._where}: {reason or f'exit code {status}'}. "
                "Check that this user may use the screen, or set [display] kind to web."
            )
        return DeviceError(
            f"The window is gone: the screen {self._where} went away (exit code {status}). "
            "It comes back when the screen does."
        )
