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
from edge.errors import DeviceError, EdgeError
from edge.inference.delegates import delegate, delegate_libraries, pairing
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
        _try("delegates", lambda: _delegates(settings), needed=False),
        _try("bundle", lambda: _bundle(settings), needed=True),
        _try("microphone", lambda: _microphones(settings), needed=wants_microphone),
    ]
    if not wants_microphone:
        findings.append(_try("source", lambda: _source(settings), needed=True))
    displays = available(settings.display)
    seen = any(usable for name, usable, _ in displays if name in ("window", "framebuffer", "web"))
    for name, usable, why in displays:
        needed = settings.display.kinds == (name,)  # of several, the others go on
        if settings.display.kinds == ("auto",) and name == "web":  # what auto falls back on
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


def _delegates(settings: Settings) -> str:
    """Tries the delegates that the settings name, each in a process of its own."""
    found = delegate_libraries()
    chosen = (settings.inference.delegate, settings.inference.face_delegate)
    if not any(delegate(name) for name in chosen):
        if not found:
            return "no accelerator library found; models run on the CPU"
        return ", ".join(found) + " found; [inference] delegate is not set, so the CPU is used"
    engine = assembly.engine(settings)
    try:
        engine.accelerators.settle()
        states = engine.accelerators.states
    finally:
        engine.close()
    if not states:
        raise DeviceError(
            "No network of this bundle was compiled for the Edge TPU, so all run on the CPU. "
            "Build it with `s2f-convert build --target coral` where edgetpu_compiler is installed."
        )
    lost = [
        f"{each.delegate} failed for the {each.stage}: {each.reason or 'it does not get ready'}."
        for each in states
        if not each.working
    ]
    if not lost:
        return ", ".join(f"the {each.stage} runs on {each.delegate}" for each in states)
    pair = pairing(find_runtime(settings.inference.runtime)) if "edgetpu" in str(chosen) else ""
    advice = pair or "Plug the accelerator in, check its power, and that this user may use it."
    raise DeviceError(f"{' '.join(lost)} The CPU is used meanwhile. {advice}")


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
