"""Accelerator libraries for TFLite: which ones lie on this machine."""

from __future__ import annotations

import ctypes.util

LIBRARIES = {"edgetpu": "Coral Edge TPU", "armnn_delegate": "Arm NN", "vx_delegate": "VeriSilicon"}
"""library → accelerator. They are looked for, not loaded: a library that does not fit the
runtime can crash the process."""

_COMPILED = b"edgetpu-custom-op"
"""the operator that stands for everything which the Edge TPU compiler took over"""


def is_compiled(graph: bytes) -> bool:
    """Whether a `.tflite` was compiled for the Edge TPU, and runs nowhere else."""
    return _COMPILED in graph


def delegate_libraries() -> list[str]:
    """The accelerators whose library the dynamic linker knows, in words."""
    return [words for name, words in LIBRARIES.items() if ctypes.util.find_library(name)]
