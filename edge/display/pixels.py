"""How a framebuffer keeps its pixels: asked of the kernel, or read from sysfs."""

from __future__ import annotations

import fcntl
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from edge.errors import DeviceError

FBIOGET_VSCREENINFO = 0x4600
_INFO_BYTES = 160
"""of `struct fb_var_screeninfo` in linux/fb.h"""
_INFO = struct.Struct("=8I9I")
"""its start: sizes, offsets, bits per pixel, grey; then offset, length and end of each channel"""


class Channel(NamedTuple):
    """Where one colour's bits lie in a pixel, counted from the lowest."""

    offset: int
    length: int


# What the kernel's drivers use, for where only sysfs can be asked, which does not say.
USUAL: dict[int, tuple[Channel, Channel, Channel]] = {
    16: (Channel(11, 5), Channel(5, 6), Channel(0, 5)),
    24: (Channel(16, 8), Channel(8, 8), Channel(0, 8)),
    32: (Channel(16, 8), Channel(8, 8), Channel(0, 8)),
}


@dataclass(frozen=True)
class Layout:
    """The part of a framebuffer that is seen, and how its pixels are stored."""

    width: int
    height: int
    stride: int
    """bytes from one row to the next"""
    bits: int
    """per pixel: 16, 24 or 32"""
    channels: tuple[Channel, Channel, Channel]
    """red, green, blue"""
    left: int = 0
    """where the seen part begins, in pixels; more than 0 on a screen that pans"""
    top: int = 0

    @property
    def row_bytes(self) -> int:
        """Bytes of one row that are pixels."""
        return self.width * self.bits // 8

    @property
    def bytes(self) -> int:
        """Bytes of the device up to the end of the last row that is seen."""
        start = (self.top + self.height - 1) * self.stride
        return start + (self.left + self.width) * self.bits // 8

    def encode(self, picture: Image.Image) -> npt.NDArray[np.uint8]:
        """An RGB picture of this size as stored: `(height, row_bytes) uint8`."""
        raw = _PACKED.get((self.bits, self.channels))
        if raw:
            packed = np.frombuffer(picture.tobytes("raw", raw), np.uint8)
            return packed.reshape(self.height, self.row_bytes)
        # Tables are faster than shifts: most of the time goes into reading and writing memory.
        pixels = np.zeros((self.height, self.width), "<u2" if self.bits == 16 else "<u4")
        for levels, channel in zip(picture.split(), self.channels, strict=True):
            pixels |= _stored(channel).astype(pixels.dtype)[np.asarray(levels)]
        return (
            pixels.view(np.uint8)
            .reshape(self.height, self.width, -1)[..., : self.bits // 8]
            .reshape(self.height, self.row_bytes)
        )


def _stored(channel: Channel) -> npt.NDArray[np.uint64]:
    """What each level from 0 to 255 adds to a pixel: its highest bits at the channel's place."""
    levels = np.arange(256, dtype=np.uint64) << np.uint64(channel.length) >> np.uint64(8)
    return np.asarray(levels << np.uint64(channel.offset))


_BLUE_LOWEST, _RED_LOWEST = USUAL[32], USUAL[32][::-1]
# Pillow's names for what it can write itself; they count bytes from the lowest address.
_PACKED = {
    (24, _BLUE_LOWEST): "BGR",
    (24, _RED_LOWEST): "RGB",
    (32, _BLUE_LOWEST): "BGRX",
    (32, _RED_LOWEST): "RGBX",
}


def layout(device: Path, sysfs: Path) -> Layout:
    """The layout of a framebuffer from `sysfs` (e.g. /sys/class/graphics/fb0) and, where it is a
    device and no file, from its driver. Raises DeviceError when it is none that can be drawn on."""
    try:
        bits = int(_read(sysfs / "bits_per_pixel"))
        stride = int(_read(sysfs / "stride"))
        width, height = map(int, _read(sysfs / "virtual_size").split(","))
        info = _ask(device)
    except (OSError, ValueError) as error:
        raise DeviceError(
            f"The framebuffer {device} does not say how large it is: {error}. "
            "Set [display] framebuffer to another device, or [display] kind to web."
        ) from error
    found = info or Layout(width, height, stride, bits, USUAL.get(bits, USUAL[32]))
    if bits not in USUAL or any(length < 1 for _, length in found.channels):
        raise DeviceError(
            f"The framebuffer {device} has {bits} bits a pixel; 16, 24 and 32 can be drawn on. "
            f"Try `fbset -fb {device} -depth 32`, or set [display] kind to web."
        )
    return Layout(found.width, found.height, stride, bits, found.channels, found.left, found.top)


def _read(path: Path) -> str:
    return path.read_text(encoding="ascii").strip()


def _ask(device: Path) -> Layout | None:
    """What the driver says; None for a plain file."""
    try:
        with device.open("rb") as file:
            answer = fcntl.ioctl(file, FBIOGET_VSCREENINFO, bytes(_INFO_BYTES))
    except OSError:
        return None
    return parse(answer)


def parse(info: bytes) -> Layout:
    """The seen part and the channels from a `struct fb_var_screeninfo`; its stride is not in it."""
    width, height, _, _, left, top, bits, _, *fields = _INFO.unpack_from(info)
    red, green, blue = (Channel(*fields[i : i + 2]) for i in (0, 3, 6))
    return Layout(width, height, 0, bits, (red, green, blue), left, top)
