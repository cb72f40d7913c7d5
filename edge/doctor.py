"""What is here, what is missing, and what to do about it: `s2f-edge doctor`."""

from __future__ import annotations

import platform
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge import assembly
from edge.audio.file import FileSource
from edge.audio.microphone import choose, microphones
from edge.display.choose import available
from edge.errors import EdgeError
from edge.inference.delegates import delegate_libraries
from edge.inference.runtime import find_runtime, installed_runtimes
from edge.mqtt.broker import broker
from edge.settings import Settings


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    ok: bool
    words: str
    """what is there; or what is wrong and what to do"""
    needed: bool
    """the daemon cannot do its work with these settings without it"""

    def __str__(self) -> str:
        mark = "ok  " if self.ok else "FAIL" if self.needed else "--  "
        return f"{mark} {self.subject}: {self.words}"


def examine(settings: Settings) -> list[Finding]:
    """Look at everything that the daemon uses, without changing anything."""
    wants_microphone = settings.audio.source == "mic"
    findings = [
        Finding("system", True, f"Python {platform.python_version()}, {platform.machine()}", False),
        _try("runtime", lambda: _runtime(settings), needed=True),
        _try("delegates", _delegates, needed=False),
        _try("bundle", lambda: _bundle(settings), needed=True),
        _try("microphone", lambda: _microphones(settings), needed=wants_microphone),
    ]
    if not wants_microphone:
        findings.append(_try("source", lambda: _source(settings), needed=True))
    displays = available(settings.display)
    seen = any(usable for name, usable, _ in displays if name in ("window", "web"))
    for name, usable, why in displays:
        needed = settings.display.kind == name
        if settings.display.kind == "auto" and name == "web":  # what auto falls back on
            needed = not seen
        findings.append(Finding(f"display {name}", usable, why, needed))
    findings.append(_broker(settings))
    return findings


def _try(subject: str, look: Callable[[], str], needed: bool) -> Finding:
    try:
        return Finding(subject, True, look(), needed)
    except EdgeError as error:
        return Finding(subject, False, str(error), needed)


def _runtime(settings: Settings) -> str:
    found = find_runtime(settings.inference.runtime)
    others = [name for name in installed_runtimes() if name != found.setting]
    return f"{found}" + (f" (also installed: {', '.join(others)})" if others else "")


def _delegates() -> str:
    found = delegate_libraries()
    if not found:
        return "no accelerator library found; models run on the CPU"
    return ", ".join(found) + " found; models run on the CPU in this version"


def _bundle(settings: Settings) -> str:
    loaded = assembly.bundle(settings)
    where = settings.bundle.path or "this package"
    return f"{loaded.name} {loaded.manifest.version} from {where}, verified"


def _microphones(settings: Settings) -> str:
    found = microphones()
    choose(found, settings.audio.device)
    return ", ".join(f"'{microphone.name}' ({microphone.rate} Hz)" for microphone in found)


def _source(settings: Settings) -> str:
    FileSource(Path(settings.audio.source)).close()
    return f"{settings.audio.source} can be read"


def _broker(settings: Settings) -> Finding:
    if not settings.mqtt.broker:
        return Finding("broker", True, "none is set ([mqtt] broker), nothing is published", False)
    try:
        where = broker(settings.mqtt)
        with socket.create_connection((where.host, where.port), timeout=3):
            return Finding("broker", True, f"{where} answers", True)
    except EdgeError as error:
        return Finding("broker", False, str(error), True)
    except OSError as error:
        words = (
            f"{settings.mqtt.broker} does not answer: {error}. Start it, or correct the address."
        )
        return Finding("broker", False, words, True)
