"""Which display: what the settings say, or what this machine has."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import NamedTuple

from edge.display.png import PngDisplay
from edge.display.web import WebDisplay, free_port
from edge.display.window import WindowDisplay, why_no_window
from edge.errors import DeviceError
from edge.scene import Display
from edge.settings import DisplaySettings

log = logging.getLogger(__name__)


class Availability(NamedTuple):
    """What `s2f-edge doctor` says about one kind of display."""

    name: str
    usable: bool
    why: str


def open_display(settings: DisplaySettings) -> Display | None:
    """Open the display that the settings name; None for `none`.

    `auto` is a window where there is a screen, else the page. Raises DeviceError.
    """
    if settings.kind != "auto":
        log.info("display=%s reason=%r", settings.kind, "the settings name it")
    if settings.kind == "none":
        return None
    if settings.kind == "png":
        return PngDisplay(Path(settings.png_path))
    if settings.kind == "web":
        return WebDisplay(settings.web_host, settings.web_port)
    if settings.kind == "window":
        return WindowDisplay(settings.fullscreen)
    return _auto(settings)


def _auto(settings: DisplaySettings) -> Display:
    try:
        window = WindowDisplay(settings.fullscreen)
    except DeviceError as error:
        page = WebDisplay(settings.web_host, settings.web_port)
        log.info("display=web url=%s reason=%r", page.url, str(error))
        return page
    log.info("display=window reason=%r", f"there is a screen ({window.driver})")
    return window


def available(settings: DisplaySettings | None = None) -> list[Availability]:
    """Every kind of display, whether these settings could open it, and why."""
    settings = settings or DisplaySettings()
    no_window = why_no_window()
    no_port = free_port(settings.web_host, settings.web_port)
    folder = Path(settings.png_path).absolute().parent
    no_folder = "" if os.access(folder, os.W_OK) else f"The folder {folder} cannot be written."
    return [
        Availability("window", not no_window, no_window or "There is a screen, and pygame."),
        Availability(
            "web", not no_port, no_port or f"http://{settings.web_host}:{settings.web_port}/"
        ),
        Availability("png", not no_folder, no_folder or f"It would replace {settings.png_path}."),
    ]
