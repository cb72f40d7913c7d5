"""Framebuffers of every depth, as files with a sysfs beside them; pixel by pixel."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge.display import framebuffer, pixels
from edge.display.framebuffer import FramebufferDisplay
from edge.display.pixels import Channel, Layout, parse
from edge.errors import DeviceError
from edge.face.compose import compose
from edge.scene import Scene
from edge.settings import DisplaySettings
from edge.state import State

GUARD = 0xA5
"""what fills the memory that must not be drawn on"""

Fake = Callable[..., tuple[DisplaySettings, Path]]


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    """Makes a framebuffer: settings that name it, and its sysfs."""

    def make(
        width: int = 320, height: int = 240, bits: int = 32, stride: int = 0, rotate: int = 0
    ) -> tuple[DisplaySettings, Path]:
        stride = stride or width * bits // 8
        sysfs = tmp_path / "sys"
        (sysfs / "fb0").mkdir(parents=True, exist_ok=True)
        for name, value in (
            ("bits_per_pixel", bits),
            ("stride", stride),
            ("virtual_size", f"{width},{height}"),
        ):
            (sysfs / "fb0" / name).write_text(f"{value}\n")
        (tmp_path / "fb0").write_bytes(bytes([GUARD]) * stride * height)
        return DisplaySettings(framebuffer=str(tmp_path / "fb0"), rotate=rotate), sysfs  # type: ignore[arg-type]

    return make


def shown(settings: DisplaySettings, sysfs: Path, scene: Scene) -> np.ndarray:
    """The memory after a scene was shown, `(bytes,) uint8`."""
    display = FramebufferDisplay(settings, sysfs)
    display.show(scene)
    display.close()
    display.close()
    return np.fromfile(settings.framebuffer, np.uint8)


@pytest.mark.parametrize("padding", [0, 64, 6])
def test_32_bits_are_blue_green_red(fake: Fake, face: Image.Image, padding: int) -> None:
    scene = Scene(State.SPEAKING, face=face)
    memory = shown(*fake(stride=1280 + padding), scene).reshape(240, 1280 + padding)
    drawn = memory[:, :1280].reshape(240, 320, 4)
    assert np.array_equal(drawn[..., 2::-1], np.asarray(compose(scene, (320, 240))))
    assert (memory[:, 1280:] == GUARD).all(), "what lies between the rows is not touched"


def test_24_bits_are_blue_green_red(fake: Fake, face: Image.Image) -> None:
    scene = Scene(State.SPEAKING, face=face)
    memory = shown(*fake(bits=24, stride=1000), scene).reshape(240, 1000)
    drawn = memory[:, :960].reshape(240, 320, 3)
    assert np.array_equal(drawn[..., ::-1], np.asarray(compose(scene, (320, 240))))
    assert (memory[:, 960:] == GUARD).all()


def test_16_bits_are_565(fake: Fake, face: Image.Image) -> None:
    scene = Scene(State.SPEAKING, face=face)
    memory = shown(*fake(bits=16, stride=704), scene).view("<u2").reshape(240, 352)
    red, green, blue = np.moveaxis(np.asarray(compose(scene, (320, 240))).astype(int), 2, 0)
    assert np.array_equal(memory[:, :320], red // 8 * 2048 + green // 4 * 32 + blue // 8)
    assert (memory[:, 320:] == 0xA5A5).all()


@pytest.mark.parametrize("rotate", [90, 270])
def test_a_screen_on_its_side(fake: Fake, face: Image.Image, rotate: int) -> None:
    scene = Scene(State.SPEAKING, face=face)
    memory = shown(*fake(rotate=rotate), scene).reshape(240, 320, 4)
    upright = np.asarray(compose(scene, (240, 320)))
    assert np.array_equal(memory[..., 2::-1], np.rot90(upright, -rotate // 90))


def test_there_is_a_picture_from_the_start_and_the_latest_at_the_end(
    fake: Fake, face: Image.Image, patiently: Callable
) -> None:
    settings, sysfs = fake()
    display = FramebufferDisplay(settings, sysfs)

    def memory() -> np.ndarray:
        return np.fromfile(settings.framebuffer, np.uint8).reshape(240, 320, 4)[..., 2::-1]

    assert np.array_equal(memory(), np.asarray(compose(Scene(State.IDLE), (320, 240))))
    for _ in range(50):
        display.show(Scene(State.LISTENING))
    latest = Scene(State.SPEAKING, face=face)
    display.show(latest)
    expected = np.asarray(compose(latest, (320, 240)))
    patiently(lambda: np.array_equal(memory(), expected), "the latest scene")
    display.close()
    with pytest.raises(DeviceError):
        display.show(latest)


RAMP = Image.fromarray(np.arange(48, dtype=np.uint8).reshape(2, 8, 3) * 5)


@pytest.mark.parametrize(
    ("bits", "channels"),
    [
        (16, ((11, 5), (5, 6), (0, 5))),
        (16, ((0, 5), (5, 6), (11, 5))),
        (16, ((10, 5), (5, 5), (0, 5))),
        (24, ((16, 8), (8, 8), (0, 8))),
        (24, ((0, 8), (8, 8), (16, 8))),
        (32, ((16, 8), (8, 8), (0, 8))),
        (32, ((0, 8), (8, 8), (16, 8))),
        (32, ((24, 8), (16, 8), (8, 8))),
        (32, ((20, 10), (10, 10), (0, 10))),
    ],
)
def test_every_order_of_channels(bits: int, channels: tuple[tuple[int, int], ...]) -> None:
    """Each channel's bits, read back one pixel at a time, are the highest of the level."""
    red, green, blue = (Channel(*channel) for channel in channels)
    rows = Layout(8, 2, bits, bits, (red, green, blue)).encode(RAMP)
    assert rows.shape == (2, bits)
    for y in range(2):
        for x in range(8):
            stored = int.from_bytes(rows[y, x * bits // 8 : (x + 1) * bits // 8], "little")
            for level, (offset, length) in zip(RAMP.getpixel((x, y)), channels, strict=True):  # type: ignore[arg-type]
                got = stored >> offset & (1 << length) - 1
                assert got == (level << 2 if length == 10 else level >> (8 - length))


def info(bits: int, *fields: int) -> bytes:
    sizes = (800, 480, 800, 960, 0, 480, bits, 0)
    return struct.pack("=17I", *sizes, *fields).ljust(160, b"\0")


def test_what_the_driver_says_counts_more(
    fake: Fake, face: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A screen twice as high as what is seen, red lowest, panned to its second half."""
    settings, sysfs = fake(800, 960)
    answer = info(32, 0, 8, 0, 8, 8, 0, 16, 8, 0)
    monkeypatch.setattr(pixels.fcntl, "ioctl", lambda *_: answer)
    scene = Scene(State.SPEAKING, face=face)
    memory = shown(settings, sysfs, scene).reshape(960, 800, 4)
    assert (memory[:480] == GUARD).all()
    assert np.array_equal(memory[480:, :, :3], np.asarray(compose(scene, (800, 480))))


def test_a_drivers_answer_is_read() -> None:
    found = parse(info(16, 11, 5, 0, 5, 6, 0, 0, 5, 0))
    assert (found.width, found.height, found.left, found.top) == (800, 480, 0, 480)
    assert found.channels == ((11, 5), (5, 6), (0, 5))


@pytest.mark.parametrize("bits", [1, 8, 15])
def test_another_depth_is_named(fake: Fake, bits: int) -> None:
    with pytest.raises(DeviceError, match=rf"has {bits} bits a pixel; 16, 24 and 32"):
        FramebufferDisplay(*fake(bits=bits, stride=640))


def test_a_missing_framebuffer_is_named(tmp_path: Path) -> None:
    settings = DisplaySettings(framebuffer=str(tmp_path / "fb0"))
    with pytest.raises(DeviceError, match=r"No framebuffer: there is no .*fb0\..*window or web"):
        FramebufferDisplay(settings)


def test_one_that_may_not_be_written_is_named(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framebuffer.os, "access", lambda *_: False)  # root may always
    with pytest.raises(DeviceError, match=r"may not be written\. .* usermod -aG video"):
        FramebufferDisplay(*fake())


def test_one_that_does_not_say_its_size_is_named(fake: Fake, tmp_path: Path) -> None:
    settings, _ = fake()
    with pytest.raises(DeviceError, match="does not say how large it is"):
        FramebufferDisplay(settings, tmp_path / "nothing")


def test_one_that_is_too_small_is_named(fake: Fake) -> None:
    settings, sysfs = fake()
    Path(settings.framebuffer).write_bytes(b"\0" * 100)
    with pytest.raises(DeviceError, match="cannot be mapped into memory"):
        FramebufferDisplay(settings, sysfs)
