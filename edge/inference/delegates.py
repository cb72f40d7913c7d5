"""Delegates by name: which library, with which options, and which lie on this machine."""

from __future__ import annotations

import ctypes.util
import re
from collections.abc import Mapping
from pathlib import Path

from edge.errors import UsageError
from edge.inference.placement import Delegate
from edge.inference.runtime import Runtime

LIBRARIES = {"edgetpu": "Coral Edge TPU", "armnn_delegate": "Arm NN", "vx_delegate": "VeriSilicon"}
"""library → accelerator. They are looked for, not loaded: a library that does not fit the
runtime can crash the process."""

EDGETPU_LIBRARY = "libedgetpu.so.1"
_EDGETPU = re.compile(r"edgetpu(:(usb|pci)?(:\d+)?|:\d+)?")
"""`edgetpu`, `edgetpu:1`, `edgetpu:usb`, `edgetpu:usb:0`, `edgetpu:pci:1`"""

_COMPILED = b"edgetpu-custom-op"
"""the operator that stands for everything which the Edge TPU compiler took over"""

_PACKAGES = re.compile(r"libedgetpu1-(std|max)")
_BUILT_FOR = re.compile(r"tf(\d+)\.(\d+)")


def is_compiled(graph: bytes) -> bool:
    """Whether a `.tflite` was compiled for the Edge TPU, and runs nowhere else."""
    return _COMPILED in graph


def is_edgetpu(delegate: Delegate) -> bool:
    """Whether it is Coral's, which runs compiled graphs alone."""
    return "libedgetpu" in delegate.library


def delegate(name: str, options: Mapping[str, str] | None = None) -> Delegate | None:
    """The delegate of that name: `edgetpu` with or without a device, a path, or the name of a
    library; None for `""` and `"none"`. Raises UsageError."""
    given = dict(options or {})
    if name in ("", "none"):
        return None
    if name.startswith("edgetpu"):
        if not _EDGETPU.fullmatch(name):
            raise UsageError(
                f"There is no Edge TPU '{name}'. Write edgetpu, edgetpu:usb, edgetpu:pci, or with "
                "a number for one of several: edgetpu:usb:0."
            )
        device = name.partition(":")[2]
        if device:
            given = {"device": device if device[0].isalpha() else f":{device}", **given}
        return Delegate(EDGETPU_LIBRARY, given, name)
    return Delegate(name, given, name)


def delegate_libraries() -> list[str]:
    """The accelerators whose library the dynamic linker knows, in words."""
    return [words for name, words in LIBRARIES.items() if ctypes.util.find_library(name)]


def pairing(runtime: Runtime, root: Path = Path("/")) -> str:
    """What is known of the installed libedgetpu with this runtime, as a sentence; empty where
    nothing speaks against it.

    libedgetpu is built for one version of TensorFlow. Debian's database says which package is
    installed; feranick's builds carry TensorFlow's version in theirs, Google's last one (16.0) is
    for 2.5 and crashes newer runtimes (google-coral/edgetpu issue 812).
    """
    version = _package_version(root / "var/lib/dpkg/status")
    if not version:
        return ""
    built = _BUILT_FOR.search(version)
    made_for = (int(built[1]), int(built[2])) if built else (2, 5)
    ours = tuple(int(part) for part in runtime.version.split(".")[:2])
    which = f"libedgetpu {version} was built for TensorFlow {made_for[0]}.{made_for[1]}"
    if runtime.setting != "tflite-runtime":
        return f"{which}; nobody has told how it works with {runtime}: see what the probe says."
    if made_for == ours or (made_for == (2, 13) and (2, 13) <= ours <= (2, 15)):
        return ""
    crashes = " and crashes newer runtimes" if made_for == (2, 5) and ours >= (2, 12) else ""
    return (
        f"{which}{crashes}; this is {runtime}. Install the libedgetpu for TensorFlow "
        f"{ours[0]}.{ours[1]} from github.com/feranick/libedgetpu."
    )


def _package_version(status: Path) -> str:
    """Of the installed package, from dpkg's status file; empty when there is none."""
    try:
        paragraphs = status.read_text(errors="replace").split("\n\n")
    except OSError:
        return ""
    for paragraph in paragraphs:
        fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if ": " in line[:80])
        installed = fields.get("Status", "").endswith(" installed")
        if installed and _PACKAGES.fullmatch(fields.get("Package", "")):
            return fields.get("Version", "")
    return ""
