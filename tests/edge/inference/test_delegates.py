"""Delegates by name, and which libedgetpu goes with which runtime."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.inference.delegates import delegate, is_edgetpu, pairing
from edge.inference.placement import Delegate
from edge.inference.runtime import Runtime


@pytest.mark.parametrize("name", ["", "none"])
def test_the_cpu_has_no_delegate(name: str) -> None:
    assert delegate(name) is None


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("edgetpu", {}),
        ("edgetpu:1", {"device": ":1"}),
        ("edgetpu:usb", {"device": "usb"}),
        ("edgetpu:usb:0", {"device": "usb:0"}),
        ("edgetpu:pci:1", {"device": "pci:1"}),
    ],
)
def test_edge_tpus_are_told_apart(name: str, options: dict[str, str]) -> None:
    found = delegate(name)
    assert found == Delegate("libedgetpu.so.1", options, name)
    assert is_edgetpu(found)
    assert str(found) == name


def test_any_library_with_its_options() -> None:
    found = delegate("/opt/lib/libdelegate.so", {"speed": "max"})
    assert found == Delegate("/opt/lib/libdelegate.so", {"speed": "max"}, "/opt/lib/libdelegate.so")
    assert not is_edgetpu(found)


def test_no_such_edge_tpu() -> None:
    with pytest.raises(UsageError, match="edgetpu:usb:0"):
        delegate("edgetpu:bluetooth")


def root(folder: Path, version: str, status: str = "install ok installed") -> Path:
    file = folder / "var/lib/dpkg/status"
    file.parent.mkdir(parents=True)
    file.write_text(
        "Package: libc6\nStatus: install ok installed\nVersion: 2.36\n\n"
        f"Package: libedgetpu1-std\nStatus: {status}\nVersion: {version}\nDescription: x\n y: z\n"
    )
    return folder


@pytest.mark.parametrize(
    ("version", "setting", "runtime", "said"),
    [
        ("16.0", "tflite-runtime", "2.14.0", "for TensorFlow 2.5 and crashes newer runtimes"),
        ("16.0", "tflite-runtime", "2.5.0", ""),
        ("16.0tf2.13.1-1.bookworm", "tflite-runtime", "2.14.0", ""),
        ("16.0tf2.17.1-1.bookworm", "tflite-runtime", "2.17.1", ""),
        ("16.0tf2.17.1-1.bookworm", "tflite-runtime", "2.14.0", "for TensorFlow 2.14 from"),
        ("16.0tf2.19.1-1", "litert", "2.1.0", "see what the probe says"),
    ],
)
def test_the_pair_is_judged(
    version: str, setting: str, runtime: str, said: str, tmp_path: Path
) -> None:
    found = pairing(Runtime(setting, runtime, None), root(tmp_path, version))
    assert (said in found) if said else found == ""


def test_nothing_is_said_of_what_is_not_installed(tmp_path: Path) -> None:
    runtime = Runtime("tflite-runtime", "2.14.0", None)
    assert pairing(runtime, tmp_path / "nothing") == ""
    assert pairing(runtime, root(tmp_path, "16.0", "deinstall ok config-files")) == ""
