"""What the machine takes from its supply, where a sensor tells."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

RAPL = "sys/class/powercap/intel-rapl:0/energy_uj"
"""Intel and AMD; since 2020 readable by root alone (CVE-2020-8694)"""
HWMON = "sys/class/hwmon"
"""the INA3221 of a Jetson: `in1_input` in mV and `curr1_input` in mA of the first rail"""


class Sensor(Protocol):
    """Energy since some moment."""

    def millijoule(self, now_s: float) -> float:
        """At the monotonic time `now_s`."""


class Counter:
    """A counter of microjoules."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def millijoule(self, now_s: float) -> float:
        return int(self._file.read_text()) / 1000


class Rail:
    """Voltage and current of a rail, taken for constant since the reading before."""

    def __init__(self, folder: Path) -> None:
        self._volts, self._amperes = folder / "in1_input", folder / "curr1_input"
        self._sum, self._before_s = 0.0, 0.0

    def millijoule(self, now_s: float) -> float:
        watts = int(self._volts.read_text()) * int(self._amperes.read_text()) / 1e6
        if self._before_s:
            self._sum += 1000 * watts * (now_s - self._before_s)
        self._before_s = now_s
        return self._sum


def sensor(root: Path = Path("/")) -> Sensor | None:
    """The machine's sensor; None when there is none, or this user may not read it."""
    found: list[Sensor] = []
    if (root / RAPL).exists():
        found.append(Counter(root / RAPL))
    for folder in sorted((root / HWMON).glob("hwmon*")):
        if _text(folder / "name") == "ina3221":
            found.append(Rail(folder))
    for each in found:
        try:
            each.millijoule(0.0)
        except (OSError, ValueError):
            continue
        return each
    return None


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
