"""Sound cards by names that stay: ALSA's card id and the USB id.

The number of a card depends on the order in which the kernel found them, so it is different after
the next boot or when something is plugged in elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc/asound")

_HARDWARE = re.compile(r"\s*\(hw:(\d+),(\d+)\)\s*$")
"""how PortAudio ends the name of a card's device"""


@dataclass(frozen=True)
class Card:
    """A device of a card."""

    id: str
    """as ALSA calls the card, e.g. `Snowball`"""
    device: int
    """number of the device on the card; belongs to the hardware and stays"""
    usb: str
    """vendor and product, e.g. `0d8c:0014`; empty for what is not on USB"""


def split(name: str, proc: Path = PROC) -> tuple[str, Card | None]:
    """PortAudio's name of a device without its numbers, and its card if it is one of a card."""
    match = _HARDWARE.search(name)
    if not match:
        return name, None
    folder = proc / f"card{match[1]}"
    known = _read(folder / "id")
    card = Card(known, int(match[2]), _read(folder / "usbid").lower()) if known else None
    return name[: match.start()], card


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
