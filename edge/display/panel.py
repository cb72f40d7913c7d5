"""A display that is a small panel on SPI or I2C, through luma.lcd and luma.oled."""

from __future__ import annotations

import importlib
import importlib.util
import logging
from types import ModuleType
from typing import Any, Protocol

from PIL import Image

from edge.display.latest import LatestWorker
from edge.display.picture import LOOK_AGAIN_S, Pictures
from edge.errors import DeviceError
from edge.scene import Scene
from edge.settings import DisplaySettings, Panel
from edge.state import State

_MODULES = ("luma.lcd.device", "luma.oled.device")
_OF_THE_INTERFACE = {
    "spi": {"bus_speed_hz", "transfer_size", "gpio_DC", "gpio_RST", "spi_mode", "reset_hold_time"}
    | {"reset_release_time"},
    "i2c": set[str](),
}
"""options that luma's interface takes; its device takes the others"""

log = logging.getLogger(__name__)


class PanelDevice(Protocol):
    """What a luma device is to this display."""

    mode: str
    size: tuple[int, int]

    def display(self, image: Image.Image) -> None: ...
    def cleanup(self) -> None: ...


class PanelDisplay:
    """Draws on a panel that luma knows by name; `device` stands in for one in tests.

    The first frame is drawn at once. Raises DeviceError when luma or the panel is missing; a
    trouble with a later frame is raised by the next `show`.
    """

    name = "panel"

    def __init__(
        self,
        settings: DisplaySettings | None = None,
        device: PanelDevice | None = None,
        per_second: float = 20.0,
    ) -> None:
        settings = settings or DisplaySettings()
        self._panel = settings.panel
        self._pictures = Pictures(settings)
        self._closed = False
        self._device = device or open_panel(self._panel)
        self._draw(Scene(State.IDLE))
        self._worker = LatestWorker(self._draw, "panel", per_second, LOOK_AGAIN_S)

    def show(self, scene: Scene) -> None:
        """Take over a scene; returns at once. Raises DeviceError when the last frame failed."""
        self._worker.put(scene)

    def close(self) -> None:
        """Switch the panel off and let go of it. May be called twice."""
        if self._closed:
            return
        self._closed = True
        self._worker.close()
        try:
            self._device.cleanup()
        except _errors() as error:
            log.error("event=display_close_failed error=%r", _refuses(self._panel, error))

    def _draw(self, scene: Scene) -> None:
        picture = self._pictures.changed(scene, self._device.size)
        if picture is None:
            return
        try:
            # Few colours are dithered, or a face on a black and white panel would be a blot.
            self._device.display(picture.convert(self._device.mode))
        except _errors() as error:
            self._pictures.forget()
            raise DeviceError(_refuses(self._panel, error)) from error


def why_no_panel(panel: Panel) -> str:
    """What keeps the panel from being opened, as far as can be seen without touching it."""
    if importlib.util.find_spec("luma") is None:
        return (
            "A panel needs luma. Install it with `pip install 'speech2face-edge[panel]'`, "
            "or set [display] kind to web."
        )
    try:
        _driver(panel.device)
    except DeviceError as error:
        return str(error)
    return ""


def open_panel(panel: Panel) -> PanelDevice:
    """The panel that the settings name, initialised. Raises DeviceError."""
    if reason := why_no_panel(panel):
        raise DeviceError(reason)
    driver = _driver(panel.device)
    known = _OF_THE_INTERFACE[panel.interface]
    options = {name: value for name, value in panel.options.items() if name not in known}
    sizes = {"width": panel.width, "height": panel.height}
    try:
        device: PanelDevice = driver(
            interface(panel, **{n: v for n, v in panel.options.items() if n in known}),
            **{name: pixels for name, pixels in sizes.items() if pixels},
            **options,
        )
    except _errors() as error:
        raise DeviceError(_refuses(panel, error)) from error
    return device


def interface(panel: Panel, **options: Any) -> Any:
    """luma's side of the bus; the only place where it is opened."""
    serial = importlib.import_module("luma.core.interface.serial")
    if panel.interface == "i2c":
        return serial.i2c(port=panel.port, address=panel.address, **options)
    return serial.spi(port=panel.port, device=panel.chip_select, **options)


def _driver(name: str) -> Any:
    """luma's class for a controller."""
    modules = [importlib.import_module(module) for module in _MODULES if _is_there(module)]
    for module in modules:
        if name in _names(module):
            return getattr(module, name)
    known = ", ".join(sorted({name for module in modules for name in _names(module)}))
    raise DeviceError(
        f"luma knows no panel '{name}'. Set [display.panel] device to one of: {known}."
    )


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _names(module: ModuleType) -> list[str]:
    return list(module.__all__)


def _errors() -> tuple[type[Exception], ...]:
    """What luma raises: its own errors, those of the bus, and those of its checks of options."""
    own: type[Exception] = importlib.import_module("luma.core.error").Error
    return (own, OSError, ImportError, AssertionError, TypeError, ValueError, RuntimeError)


def _refuses(panel: Panel, error: Exception) -> str:
    bus = (
        f"/dev/spidev{panel.port}.{panel.chip_select}"
        if panel.interface == "spi"
        else f"/dev/i2c-{panel.port}, address {panel.address:#04x}"
    )
    reason = str(error) or type(error).__name__
    return (
        f"The panel {panel.device} on {bus} cannot be used: {reason}. Check its wiring, that "
        f"{panel.interface.upper()} is switched on and may be used by this user, and the options "
        "of [display.panel]."
    )
