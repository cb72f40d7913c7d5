"""Muted means: the capture process is gone and the device closed."""

from __future__ import annotations

import signal
from pathlib import Path

OPEN = "event=microphone_open"


def open_sound(pid: int) -> list[str]:
    """What a process has open that could be a sound device or a sound server."""
    found = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(link.readlink())
        except OSError:
            continue
        if "/dev/snd" in target or "pulse" in target:
            found.append(target)
    return found


def test_a_signal_closes_the_device_and_opens_it_again(server, run, patiently, woman: Path) -> None:
    running = run(server)
    running.wait(OPEN)
    patiently(server.listeners, "the recording")
    server.play(woman)
    running.wait("event=estimate", 3)
    estimates = running.count("event=estimate")

    running.process.send_signal(signal.SIGUSR1)
    running.wait("event=state state=muted")
    # From the moment at which it says so:
    assert running.captures() == []
    patiently(lambda: not server.listeners(), "the server to notice", 5)
    assert open_sound(running.process.pid) == []
    estimates = running.count("event=estimate")
    server.play(woman)
    assert running.count("event=estimate") == estimates
    assert running.state() == "muted"

    running.process.send_signal(signal.SIGUSR1)
    running.wait(OPEN, 2)
    assert len(running.captures()) == 1
    assert "Source Output" in patiently(server.listeners, "the recording")
    server.play(woman)
    running.wait("event=estimate", estimates + 1)
    new = [line for line in running.lines if "event=estimate" in line][estimates]
    assert float(new.split("evidence_s=")[1]) <= 1.5  # a new person
    running.end()


def test_it_starts_muted(server, run, tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text("[audio]\nmuted = true\n")
    running = run(server, "--config", settings)
    running.wait("event=state state=muted")
    assert running.captures() == []
    assert running.count(OPEN) == 0
    running.process.send_signal(signal.SIGUSR1)
    running.wait(OPEN)
    running.process.send_signal(signal.SIGUSR1)
    running.wait("event=state state=muted", 2)
    assert running.captures() == []
    running.end()


def test_muting_in_a_fault_stops_the_tries(server, run) -> None:
    server.unplug()
    running = run(server)
    running.wait("event=state state=fault")
    running.process.send_signal(signal.SIGUSR1)
    running.wait("event=state state=muted")
    assert running.captures() == []
    server.plug()
    running.process.send_signal(signal.SIGUSR1)
    running.wait(OPEN)
    running.end()


def test_a_file_plays_on_unheard(server, run, woman: Path) -> None:
    running = run(server, "--source", woman)
    running.wait("event=estimate")
    running.process.send_signal(signal.SIGUSR1)
    running.wait("event=state state=muted")
    estimates = running.count("event=estimate")
    assert running.process.wait(60) == 0
    assert running.count("event=estimate") == estimates
