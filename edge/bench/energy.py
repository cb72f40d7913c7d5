"""What the machine takes from its supply, where a sensor tells."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Protocol

RAPL = "sys/class/powercap/intel-rapl:0/energy_uj"
"""Intel and AMD; since 2020 readable by root alone (CVE-2020-8694)"""
HWMON = "sys/class/hwmon"
"""the INA3221 of a Jetson: `in1_input` in mV and `curr1_input` in mA of the first rail"""
IIO = "sys/bus/iio/devices"
"""the same with JetPack 4: `in_power0_input` in mW"""


class Sensor(Protocol):
    """Energy since some moment."""

    def millijoule(self, now_s: float) -> float:
        """At the monotonic time `now_s`."""


class Counter:
    """A counter of microjoules."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def millijoule(self, now_s: float) -> float:
        return _number(self._file) / 1000


class Rail:
    """The power of a rail, taken for constant since the reading before."""

    def __init__(self, unit_mw: float, *factors: Path) -> None:
        """`factors`: files whose product is the power, in `unit_mw` milliwatt."""
        self._unit_mw, self._factors = unit_mw, factors
        self._sum, self._before_s = 0.0, 0.0

    def millijoule(self, now_s: float) -> float:
        milliwatt = self._unit_mw * math.prod(map(_number, self._factors))
        if self._before_s:
            self._sum += milliwatt * (now_s - self._before_s)
        self._before_s = now_s
        return self._sum


def sensor(root: Path = Path("/")) -> Sensor | None:
    """The machine's sensor; None when there is none, or this user may not read it."""
    found: list[Sensor] = []
    if (root / RAPL).exists():
        found.append(Counter(root / RAPL))
    for folder in sorted((root / HWMON).glob("hwmon*")):
        if _text(folder / "name") == "ina3221":
            found.append(Rail(0.001, folder / "in1_input", folder / "curr1_input"))
    for file in sorted((root / IIO).glob("iio:device*/in_power0_input")):
        found.append(Rail(1.0, file))
    for each in found:
        try:
            each.millijoule(0.0)
        except (OSError, ValueError):
            continue
        return each
    return None


def _number(file: Path) -> int:
    return int(file.read_text())


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
