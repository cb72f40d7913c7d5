"""The TFLite runtimes: `tflite_runtime` and `ai_edge_litert`, whichever is there."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np

from edge.errors import DeviceError

RUNTIMES = {
    "litert": ("ai_edge_litert.interpreter", "ai-edge-litert"),
    "tflite-runtime": ("tflite_runtime.interpreter", "tflite-runtime"),
}
"""setting → (module, distribution), the faster one first: on x86 litert runs int8 several times
faster; elsewhere it has to be measured"""


@dataclass(frozen=True)
class Runtime:
    """A TFLite runtime that is installed."""

    setting: str
    """`litert` or `tflite-runtime`"""
    version: str
    module: Any
    """with `Interpreter`, `OpResolverType` and `load_delegate`"""

    def __str__(self) -> str:
        return f"{RUNTIMES[self.setting][1]} {self.version}"


def installed_runtimes() -> list[str]:
    """Settings of the runtimes that are installed, preferred one first."""
    return [
        setting
        for setting, (module, _) in RUNTIMES.items()
        if importlib.util.find_spec(module.partition(".")[0]) is not None
    ]


def find_runtime(setting: str = "auto") -> Runtime:
    """The runtime that the setting asks for. Raises DeviceError if it is not there."""
    installed = installed_runtimes()
    if setting == "auto":
        if not installed:
            raise DeviceError(
                "No TFLite runtime is installed. Run `pip install ai-edge-litert`, or "
                "`pip install tflite-runtime 'numpy<2'` on Python 3.11 and earlier."
            )
        setting = installed[0]
    if setting not in installed:
        have = ", ".join(installed) or "none"
        raise DeviceError(
            f"The runtime {setting} is not installed (found: {have}). "
            f'Run `pip install {RUNTIMES[setting][1]}`, or set [inference] runtime = "auto".'
        )
    module, distribution = RUNTIMES[setting]
    if setting == "tflite-runtime" and int(np.__version__.partition(".")[0]) >= 2:
        raise DeviceError(
            f"tflite-runtime does not work with NumPy {np.__version__}. "
            "Run `pip install 'numpy<2'`, or use --runtime litert."
        )
    try:
        loaded = importlib.import_module(module)
    except (ImportError, OSError) as error:
        raise DeviceError(f"The runtime {setting} cannot be loaded: {error}.") from error
    return Runtime(setting, metadata.version(distribution), loaded)
