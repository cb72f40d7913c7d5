"""The child process that owns the window: `python -m edge.display.screen WIDTH HEIGHT [full]`.

SDL ends its whole process when the X server dies, so it lives here and not in the daemon. Frames
come on stdin: width and height as two big-endian 32-bit numbers, then the pixels as RGB bytes. The
latest frame wins. Lines go out on stdout: `open DRIVER WIDTH HEIGHT`, `size WIDTH HEIGHT`,
`closed` when the user closed the window or pressed Esc, `error REASON`. The end of stdin ends it.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
import threading

from edge.display.desktop import answers

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # stdout belongs to the protocol
os.environ.setdefault("SDL_VIDEO_X11_WMCLASS", "speech2face")  # else it is this file's name
os.environ.setdefault("SDL_VIDEO_WAYLAND_WMCLASS", "speech2face")
import pygame

HEADER = struct.Struct(">II")
LOOK_S = 0.1
"""how often keys and the window's size are asked for while no frame comes; pygame's own wait asks
1000 times a second, which costs 2 % of a core"""


class Frames:
    """The latest frame that came in, read by a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: pygame.Surface | None = None
        self._news = threading.Event()
        self.ended = False
        """there will be no more: the daemon has ended"""
        threading.Thread(target=self._read, daemon=True).start()

    def wait(self, timeout_s: float) -> None:
        """Wait for a frame or the end, but no longer than that."""
        self._news.wait(timeout_s)
        self._news.clear()

    def take(self) -> pygame.Surface | None:
        """The frame that came since the last call, if any."""
        with self._lock:
            latest, self._latest = self._latest, None
        return latest

    def _read(self) -> None:
        while header := _read(HEADER.size):
            size = HEADER.unpack(header)
            if not (pixels := _read(size[0] * size[1] * 3)):
                break
            frame = pygame.image.frombuffer(pixels, size, "RGB")
            with self._lock:
                self._latest = frame
            self._news.set()
        self.ended = True
        self._news.set()


def _read(count: int) -> bytes:
    """So many bytes of stdin, or none at its end.

    Not through `sys.stdin`: Python cannot end while a thread waits in a buffered read.
    """
    got = bytearray()
    while len(got) < count:
        part = os.read(0, min(count - len(got), 1 << 16))
        if not part:
            return b""
        got += part
    return bytes(got)


def main(arguments: list[str]) -> None:
    """Open the window and show frames until stdin ends or the user closes it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the daemon, which ends this
    size = (int(arguments[0]), int(arguments[1]))
    try:
        driver = _open(size, fullscreen="full" in arguments[2:])
    except pygame.error as error:
        _say(f"error {error}")
        return
    _say(f"open {driver} {_size()}")
    _show()
    pygame.display.quit()


def _open(size: tuple[int, int], fullscreen: bool) -> str:
    pygame.display.init()
    driver = pygame.display.get_driver()
    # Without a screen SDL draws into memory and says nothing, as if all were well.
    if driver in ("offscreen", "dummy") and os.environ.get("SDL_VIDEODRIVER") != driver:
        raise pygame.error("no screen answers")
    pygame.display.set_caption("speech2face")
    if fullscreen:
        pygame.display.set_mode((0, 0), pygame.FULLSCREEN)
        pygame.mouse.set_visible(False)
    else:
        pygame.display.set_mode(size, pygame.RESIZABLE)
    return driver


def _show() -> None:
    frames = Frames()
    frame: pygame.Surface | None = None
    drawn = False
    while not frames.ended:
        frames.wait(LOOK_S)
        for event in pygame.event.get():
            if event.type == pygame.QUIT or (
                event.type == pygame.KEYDOWN and event.key == pygame.K_ESCAPE
            ):
                # SDL says QUIT also when a Wayland compositor died, which is nobody's wish.
                _say("closed" if answers() else "error the screen went away")
                return
            if event.type == pygame.VIDEORESIZE:
                _say(f"size {_size()}")
            drawn = False  # by whatever has happened to the window
        if fresh := frames.take():
            frame, drawn = fresh, False
        if frame is not None and not drawn:
            _draw(frame)
            drawn = True


def _draw(frame: pygame.Surface) -> None:
    window = pygame.display.get_surface()
    assert window is not None
    if frame.get_size() != window.get_size():  # until a frame of the new size arrives
        frame = pygame.transform.smoothscale(frame, window.get_size())
    window.blit(frame, (0, 0))
    pygame.display.flip()


def _size() -> str:
    width, height = pygame.display.get_window_size()
    return f"{width} {height}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
