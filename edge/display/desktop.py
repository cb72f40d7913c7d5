"""Which screen SDL would use here, and whether it answers: asked before a process is started."""

from __future__ import annotations

import importlib.util
import os
import re
import socket
from pathlib import Path

CARDS = Path("/dev/dri")
"""where Linux lists graphics cards, which SDL can use without a desktop"""
X_SOCKETS = Path("/tmp/.X11-unix")


def screen() -> str:
    """The screen that SDL will use, in words; empty when there is none."""
    for variable in ("SDL_VIDEODRIVER", "WAYLAND_DISPLAY", "DISPLAY"):
        if value := os.environ.get(variable):
            return f"{variable}={value}"
    return next((str(card) for card in sorted(CARDS.glob("card*"))), "")


def has_desktop() -> bool:
    """Whether this process is meant to draw through X or Wayland."""
    return any(os.environ.get(variable) for variable in ("WAYLAND_DISPLAY", "DISPLAY"))


def why_no_window() -> str:
    """What keeps a window from opening on this machine; empty when nothing is in sight."""
    if not screen():
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


def answers() -> bool:
    """Whether a display server listens, as far as its socket tells; a try to open costs far more.

    True also where there is no socket to ask: X over a network, KMS, a driver by name.
    """
    if os.environ.get("SDL_VIDEODRIVER"):
        return True
    sockets = [path for path in (_wayland(), _x11()) if path]
    return not sockets or any(_listens(path) for path in sockets)


def _wayland() -> Path | None:
    name = os.environ.get("WAYLAND_DISPLAY")
    return Path(os.environ.get("XDG_RUNTIME_DIR", ""), name) if name else None


def _x11() -> Path | None:
    local = re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", os.environ.get("DISPLAY", ""))
    return X_SOCKETS / f"X{local[1]}" if local else None


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
