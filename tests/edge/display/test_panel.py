"""Panels: luma's dummy device, and real drivers of luma on a bus that only listens."""

from __future__ import annotations

from typing import Any

import luma.lcd.device
import numpy as np
import pytest
from luma.core.device import dummy
from luma.core.interface import serial
from PIL import Image

from edge.display import panel
from edge.display.panel import PanelDisplay, why_no_panel
from edge.errors import DeviceError
from edge.face.compose import compose
from edge.scene import Scene
from edge.settings import DisplaySettings, Panel
from edge.state import State


class Pins:
    """RPi.GPIO, of which only the data/command pin matters here."""

    LOW, HIGH, OUT, IN = 0, 1, 0, 1

    def __init__(self) -> None:
        self.levels: dict[int, int] = {}

    def setup(self, pin: int, mode: int) -> None:
        self.levels[pin] = self.LOW

    def output(self, pin: int, level: int) -> None:
        self.levels[pin] = level

    def cleanup(self, pins: Any = None) -> None: ...


class Bus:
    """spidev that keeps what is written: commands, and the data after the latest one."""

    def __init__(self, pins: Pins, data_pin: int) -> None:
        self.pins, self.data_pin = pins, data_pin
        self.commands: list[int] = []
        self.data = bytearray()
        self.opened: tuple[int, int] | None = None
        self.fails = False
        self.max_speed_hz = 0

    def open(self, port: int, device: int) -> None:
        self.opened = port, device

    def writebytes(self, data: Any) -> None:
        if self.fails:
            raise OSError(121, "Remote I/O error")
        if self.pins.levels[self.data_pin] == Pins.HIGH:
            self.data += bytes(data)
        else:
            self.commands += data
            self.data.clear()

    def close(self) -> None:
        self.opened = None


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Bus:
    """What stands at the other end of luma's real SPI interface."""
    pins = Pins()
    listener = Bus(pins, data_pin=9)
    monkeypatch.setattr(serial.spi, "__spidev__", lambda self: listener)
    for user_of_pins in (serial.bitbang, luma.lcd.device.backlit_device):
        monkeypatch.setattr(user_of_pins, "__rpi_gpio__", lambda self: pins)
    return listener


def settings(device: str, **options: Any) -> DisplaySettings:
    return DisplaySettings(panel=Panel(device=device, options={"gpio_DC": 9, **options}))


@pytest.mark.parametrize("size", [(240, 240), (320, 240), (128, 128)])
def test_the_latest_scene_is_on_the_panel(face: Image.Image, size: tuple[int, int]) -> None:
    device = dummy(width=size[0], height=size[1], mode="RGB")
    display = PanelDisplay(device=device)
    assert device.image.tobytes() == compose(Scene(State.IDLE), size).tobytes()
    scene = Scene(State.SPEAKING, face=face)
    display.show(scene)
    display._worker.close()
    assert device.image.tobytes() == compose(scene, size).tobytes()


def test_a_closed_panel_is_black(face: Image.Image) -> None:
    device = dummy(width=240, height=240, mode="RGB")
    display = PanelDisplay(device=device)
    display.show(Scene(State.SPEAKING, face=face))
    display.close()
    display.close()
    assert device.image.getbbox() is None
    with pytest.raises(DeviceError):
        display.show(Scene(State.IDLE))


def test_a_black_and_white_panel_is_dithered(face: Image.Image) -> None:
    device = dummy(width=128, height=64, mode="1")
    display = PanelDisplay(device=device)
    display.show(Scene(State.SPEAKING, face=face))
    display._worker.close()
    bright = np.asarray(device.image.convert("L")) / 255
    wanted = np.asarray(compose(Scene(State.SPEAKING, face=face), (128, 64)).convert("L")) / 255
    for area in np.s_[:, :64], np.s_[:, 64:]:
        assert abs(bright[area].mean() - wanted[area].mean()) < 0.06


def test_a_real_st7789_driver_gets_every_pixel(bus: Bus, face: Image.Image) -> None:
    display = PanelDisplay(settings("st7789"))
    assert bus.opened == (0, 0)
    scene = Scene(State.SPEAKING, face=face)
    display.show(scene)
    display._worker.close()
    assert bus.commands[-1] == 0x2C, "RAMWR: write to the panel's memory"
    assert bytes(bus.data) == compose(scene, (240, 240)).tobytes()
    display._device.cleanup()
    assert bus.opened is None


def test_a_real_ili9341_on_its_side(bus: Bus, face: Image.Image) -> None:
    chosen = DisplaySettings(
        rotate=90,
        panel=Panel(
            device="ili9341", chip_select=1, options={"gpio_DC": 9, "bus_speed_hz": 32000000}
        ),
    )
    display = PanelDisplay(chosen)
    assert bus.opened == (0, 1)
    assert bus.max_speed_hz == 32000000
    display.show(Scene(State.SPEAKING, face=face))
    display._worker.close()
    assert display._device.size == (320, 240)
    assert len(bus.data) > 0


def test_a_real_ssd1351_is_found_in_the_other_library(bus: Bus) -> None:
    display = PanelDisplay(settings("ssd1351", bgr=True))
    assert display._device.size == (128, 128)
    display.close()


def test_a_panel_that_fails_is_told_and_heals(bus: Bus, face: Image.Image, patiently: Any) -> None:
    display = PanelDisplay(settings("st7789"), per_second=1000)
    bus.fails = True

    def trouble() -> str:
        try:
            display.show(Scene(State.SPEAKING, face=face))
        except DeviceError as error:
            return str(error)
        return ""

    said = patiently(trouble, "the trouble")
    assert "The panel st7789 on /dev/spidev0.0 cannot be used: " in said
    assert "Remote I/O error" in said
    bus.fails = False
    patiently(lambda: not trouble(), "the end of the trouble")
    scene = Scene(State.HOLDING, face=face)
    display.show(scene)
    display._worker.close()
    assert bytes(bus.data) == compose(scene, (240, 240)).tobytes()


def test_a_panel_that_is_not_there_is_named() -> None:
    for chosen, bus_name in (
        (Panel(device="ssd1306", interface="i2c", port=99), "/dev/i2c-99, address 0x3c"),
        (Panel(device="st7789", port=99), "/dev/spidev99.0"),
    ):
        with pytest.raises(DeviceError, match=f"on {bus_name} cannot be used: .*Check its wiring"):
            PanelDisplay(DisplaySettings(panel=chosen))


def test_an_unknown_panel_and_an_unknown_option_are_named(bus: Bus) -> None:
    with pytest.raises(DeviceError, match=r"knows no panel 'st7798'.* ssd1306.* st7789"):
        PanelDisplay(settings("st7798"))
    with pytest.raises(DeviceError, match="cannot be used"):
        PanelDisplay(settings("st7789", bus_speed_hz=7))


def test_without_luma_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DeviceError, match=r"pip install 'speech2face-edge\[panel\]'"):
        PanelDisplay()
    assert "needs luma" in why_no_panel(Panel())
