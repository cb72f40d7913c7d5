"""Accelerator libraries for TFLite: which ones lie on this machine."""

from __future__ import annotations

import ctypes.util

LIBRARIES = {"edgetpu": "Coral Edge TPU", "armnn_delegate": "Arm NN", "vx_delegate": "VeriSilicon"}
"""library → accelerator. They are looked for, not loaded: a library that does not fit the
runtime can crash the process."""


def delegate_libraries() -> list[str]:
    """The accelerators whose library the dynamic linker knows, in words."""
    return [words for name, words in LIBRARIES.items() if ctypes.util.find_library(name)]
