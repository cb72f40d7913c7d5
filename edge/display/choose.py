"""Which display: what the settings say, or what this machine has."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from edge.display.desktop import has_desktop, why_no_window
from edge.display.framebuffer import FramebufferDisplay, why_no_framebuffer
from edge.display.panel import PanelDisplay, why_no_panel
from edge.display.png import PngDisplay
from edge.display.several import SeveralDisplays
from edge.display.web import WebDisplay, free_port
from edge.display.window import WindowDisplay
from edge.errors import DeviceError
from edge.scene import Display
from edge.settings import DisplaySettings

log = logging.getLogger(__name__)


class Availability(NamedTuple):
    """What `s2f-edge doctor` says about one kind of display."""

    name: str
    usable: bool
    why: str


Moving = Callable[[Display], Display]
"""makes the face on a display move"""

MOVING = ("window", "framebuffer", "panel")
"""displays that take thirty frames a second"""


def open_display(settings: DisplaySettings, moving: Moving | None = None) -> Display | None:
    """Open the display or displays that the settings name; None for `none`.

    `moving` is applied to those that can show a face that moves.

    `auto` is a window where there is a screen, else the framebuffer where there is one and no
    desktop is meant, else the page. Of several, those that cannot be opened are left out and
    logged, as long as there is one. Raises DeviceError.
    """
    kinds = settings.kinds
    if kinds == ("none",):
        log.info("display=none reason=%r", "the settings name it")
        return None
    if kinds == ("auto",):
        return _auto(settings, moving)
    displays: list[Display] = []
    troubles: list[DeviceError] = []
    for kind in dict.fromkeys(kinds):
        try:
            displays.append(_open(kind, settings, "the settings name it", moving))
        except DeviceError as error:
            log.error("event=display_failed display=%s problem=%r", kind, str(error))
            troubles.append(error)
    if not displays:
        raise troubles[0] if len(troubles) == 1 else DeviceError(" ".join(map(str, troubles)))
    return displays[0] if len(displays) == 1 else SeveralDisplays(displays)


def _open(
    kind: str, settings: DisplaySettings, reason: str, moving: Moving | None = None
) -> Display:
    display = _opened(kind, settings, reason)
    return moving(display) if moving and kind in MOVING else display


def _opened(kind: str, settings: DisplaySettings, reason: str) -> Display:
    if kind == "window":
        window = WindowDisplay(settings.fullscreen, settings=settings)
        log.info("display=window driver=%s reason=%r", window.driver, reason)
        return window
    if kind == "web":
        page = WebDisplay(settings.web_host, settings.web_port, settings)
        log.info("display=web url=%s reason=%r", page.url, reason)
        return page
    log.info("display=%s reason=%r", kind, reason)
    if kind == "framebuffer":
        return FramebufferDisplay(settings)
    if kind == "panel":
        return PanelDisplay(settings)
    return PngDisplay(Path(settings.png_path), settings=settings)


def _auto(settings: DisplaySettings, moving: Moving | None = None) -> Display:
    try:
        return _open("window", settings, "there is a screen", moving)
    except DeviceError as error:
        reason = str(error)
    if not has_desktop() and not why_no_framebuffer(Path(settings.framebuffer)):
        try:
            return _open("framebuffer", settings, reason, moving)
        except DeviceError as error:
            reason = f"{reason} {error}"
    return _open("web", settings, reason)


def available(settings: DisplaySettings | None = None) -> list[Availability]:
    """Every kind of display, whether these settings could open it, and why."""
    settings = settings or DisplaySettings()
    no_window = why_no_window()
    no_framebuffer = why_no_framebuffer(Path(settings.framebuffer))
    no_panel = why_no_panel(settings.panel)
    no_port = free_port(settings.web_host, settings.web_port)
    folder = Path(settings.png_path).absolute().parent
    no_folder = "" if os.access(folder, os.W_OK) else f"The folder {folder} cannot be written."
    return [
        Availability("window", not no_window, no_window or "There is a screen, and pygame."),
        Availability(
            "framebuffer", not no_framebuffer, no_framebuffer or f"{settings.framebuffer}"
        ),
        Availability(
            "panel",
            not no_panel,
            no_panel or f"luma knows {settings.panel.device}; its wiring was not tried.",
        ),
        Availability(
            "web", not no_port, no_port or f"http://{settings.web_host}:{settings.web_port}/"
        ),
        Availability("png", not no_folder, no_folder or f"It would replace {settings.png_path}."),
    ]
