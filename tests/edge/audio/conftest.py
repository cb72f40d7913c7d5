"""A sound server without a sound card, and programs that listen to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

LIMIT_S = 15.0
"""for what is to happen within 5 s; the machine may be busy"""


def wait_for(condition: Callable[[], Any], what: str, limit_s: float = 60.0) -> Any:
    end = time.monotonic() + limit_s
    while not (value := condition()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)
    return value


@pytest.fixture
def patiently() -> Callable[..., Any]:
    return wait_for


class SoundServer:
    """PulseAudio with a null sink whose monitor is the microphone. No D-Bus, no sound card."""

    def __init__(self, folder: Path) -> None:
        (folder / "run").mkdir(mode=0o700)
        self._socket = folder / "run" / "pulse.sock"
        alsa = folder / "asound.conf"
        alsa.write_text(
            'pcm.!default { type pulse device "mic.monitor" '
            'hint { show on description "virtual microphone" } }\n'
            "ctl.!default { type pulse }\n"
        )
        self.env = {
            **os.environ,
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "PULSE_SERVER": f"unix:{self._socket}",
            "PULSE_LATENCY_MSEC": "200",
            "ALSA_CONFIG_PATH": str(alsa),
        }
        self.env.pop("DBUS_SESSION_BUS_ADDRESS", None)
        self._noise = folder / "noise.wav"
        noise = np.random.default_rng(0).normal(0, 0.003, 16000 * 300)
        soundfile.write(self._noise, noise, 16000)
        self._player: subprocess.Popen[bytes] | None = None
        self.process: subprocess.Popen[bytes]
        self.start()

    def start(self, sink: bool = True) -> None:
        self._socket.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit",
             "--realtime=no", "--use-pid-file=no", "--log-target=stderr", "--log-level=error",
             "-L", f"module-native-protocol-unix auth-anonymous=1 socket={self._socket}"],
            env=self.env, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for(lambda: self._pactl("info").returncode == 0, "PulseAudio")
        if sink:
            self.plug()

    def plug(self) -> None:
        """Make the microphone appear."""
        made = self._pactl("load-module", "module-null-sink", "sink_name=mic", "rate=48000",
                           "channels=1", "format=s16le")  # fmt: skip
        assert made.returncode == 0, made.stderr

    def unplug(self) -> None:
        """Make it disappear."""
        assert self._pactl("unload-module", "module-null-sink").returncode == 0

    def listeners(self) -> str:
        """What is recorded from now, as PulseAudio lists it; empty when nobody listens."""
        return self._pactl("list", "source-outputs").stdout.strip()

    def play(self, file: Path) -> None:
        subprocess.run(["paplay", "--device=mic", str(file)], env=self.env, check=True, timeout=60)

    def room(self) -> None:
        """The faint noise of a room from here on: a real microphone never gives zeros."""
        self._player = subprocess.Popen(
            ["paplay", "--device=mic", str(self._noise)],
            env=self.env, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        if self._player:
            self._player.kill()
            self._player.wait()

    def _pactl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pactl", *arguments], env=self.env, capture_output=True, text=True, timeout=30
        )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SoundServer]:
    server = SoundServer(tmp_path)
    yield server
    server.kill()


class Running:
    """`s2f-edge run` with what it logs."""

    def __init__(self, env: dict[str, str], *arguments: str | Path) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "edge", "-v", "run", *map(str, arguments)],
            env=env, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)

    def count(self, text: str) -> int:
        return sum(text in line for line in self.lines)

    def wait(self, text: str, count: int = 1, limit_s: float = 60.0) -> float:
        """Until the log says it so often. Returns the seconds that it took."""
        started = time.monotonic()
        wait_for(lambda: self.count(text) >= count, f"{count} × {text}: {self.lines}", limit_s)
        return time.monotonic() - started

    def state(self) -> str:
        """As the log said it last."""
        said = [line.split("event=state state=")[1].split()[0]
                for line in self.lines if "event=state state=" in line]  # fmt: skip
        return said[-1] if said else "idle"

    def captures(self) -> list[int]:
        """Process ids of its capture processes that are alive."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
            if b"edge.audio.capture" in words and parent == self.process.pid:
                found.append(int(folder.name))
        return found

    def end(self) -> None:
        """As a user would end it. It has to end well and leave nothing behind."""
        pids = self.captures()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0, self.lines
        self._reader.join(5)
        assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
        assert not any("Traceback" in line for line in self.lines), self.lines

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def run() -> Iterator[Callable[..., Running]]:
    made: list[Running] = []

    def start(server: SoundServer, *arguments: str | Path) -> Running:
        made.append(Running(server.env, "--display", "none", *arguments))
        return made[-1]

    yield start
    for each in made:
        each.kill()
