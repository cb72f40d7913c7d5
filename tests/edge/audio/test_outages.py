"""The microphone goes and comes back; the daemon lives and listens again.

The issue's limit is 5 s from the device's return. What was measured is printed (`pytest -s`); the
assertions are generous, for the machine may be busy.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

LIMIT_S = 15.0
OPEN = "event=microphone_open"


def back(running, count: int, what: str) -> None:
    """Wait until the microphone was opened `count` times in all, and the fault is over."""
    started = time.monotonic()
    running.wait(OPEN, count, LIMIT_S)
    running.wait("event=state state=idle", count - 1, LIMIT_S)
    took = time.monotonic() - started
    sys.stdout.write(f"\n{what}: listening {took:.1f} s after the device's return\n")
    assert running.process.poll() is None


def test_the_server_is_killed_and_started_again(server, run) -> None:
    running = run(server)
    running.wait(OPEN)
    server.kill()
    running.wait("event=state state=fault")
    time.sleep(3)
    server.start()
    back(running, 2, "server killed")
    running.end()


def test_the_server_freezes(server, run) -> None:
    running = run(server)
    running.wait(OPEN)
    first = running.captures()
    time.sleep(2)  # sound comes; until then the server has more time
    server.freeze()
    gone = running.wait("event=state state=fault", limit_s=LIMIT_S)
    sys.stdout.write(f"\nfrozen server noticed after {gone:.1f} s\n")
    assert "gives no sound any more" in "".join(running.lines)
    time.sleep(4)
    assert running.process.poll() is None
    server.thaw()
    back(running, 2, "server frozen")
    assert running.captures() != first
    running.end()


def test_the_sink_is_removed_and_created_again(server, run) -> None:
    running = run(server)
    running.wait(OPEN)
    server.unplug()
    running.wait("event=state state=fault")
    time.sleep(3)
    server.plug()
    back(running, 2, "sink removed")
    running.end()


def test_again_and_again(server, run) -> None:
    running = run(server)
    for time_ in range(1, 4):
        running.wait(OPEN, time_)
        running.wait("event=state state=idle", time_ - 1)
        server.unplug()
        running.wait("event=state state=fault", time_)
        server.plug()
    running.wait(OPEN, 4, LIMIT_S)
    assert len(running.captures()) == 1
    running.end()


def test_no_microphone_at_the_start_and_one_later(server, run, woman: Path) -> None:
    server.unplug()
    running = run(server)
    running.wait("event=state state=fault")
    assert running.state() == "fault"
    time.sleep(8)  # beyond the quick tries
    server.plug()
    back(running, 2 - 1, "absent at the start")
    server.play(woman)
    running.wait("event=estimate")
    running.end()


def test_a_capture_process_that_is_killed(server, run) -> None:
    running = run(server)
    running.wait(OPEN)
    os.kill(running.captures()[0], signal.SIGKILL)
    running.wait("event=state state=fault")
    assert "SIGKILL" in "".join(running.lines)
    back(running, 2, "capture process killed")
    running.end()


def test_a_capture_process_that_hangs_in_its_driver(server, run) -> None:
    """As with a card that was pulled out: the read never returns, and no error comes."""
    running = run(server)
    running.wait(OPEN)
    time.sleep(2)
    hung = running.captures()[0]
    os.kill(hung, signal.SIGSTOP)
    running.wait("event=state state=fault", limit_s=LIMIT_S)
    back(running, 2, "capture process hung")
    assert not Path(f"/proc/{hung}").exists()
    running.end()


def test_a_daemon_that_is_killed_leaves_no_capture_process(server, run, patiently) -> None:
    running = run(server)
    running.wait(OPEN)
    pids = running.captures()
    assert pids
    running.kill()
    patiently(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), "its end", LIMIT_S)


@pytest.mark.parametrize("absent", ["no such thing", "hw:0"])
def test_a_microphone_that_is_not_there_is_a_fault_that_says_what_to_do(
    server, run, tmp_path: Path, absent: str
) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[audio]\ndevice = "{absent}"\n')
    running = run(server, "--config", settings)
    running.wait("event=state state=fault")
    assert "s2f-edge devices" in "".join(running.lines)
    running.end()
