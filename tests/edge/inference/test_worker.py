"""The process of a delegate ends with the daemon, whatever happens to either."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from edge.inference.bundle import Bundle
from edge.inference.interpreter import LocalGraph
from edge.inference.placement import Placement
from edge.inference.remote import DelegateFailureError, Remote

DAEMON = """
import sys, time
from edge.inference.remote import Remote
print(Remote().pid, flush=True)
time.sleep(60)
"""


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


def gone(pid: int, within_s: float = 10) -> bool:
    deadline = time.monotonic() + within_s
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pid)


def test_it_ends_when_the_daemon_is_killed() -> None:
    daemon = subprocess.Popen([sys.executable, "-c", DAEMON], stdout=subprocess.PIPE, text=True)
    assert daemon.stdout
    worker = int(daemon.stdout.readline())
    assert alive(worker)
    daemon.kill()
    daemon.wait()
    assert gone(worker)


def test_ctrl_c_in_the_terminal_is_for_the_daemon(reference: Bundle) -> None:
    remote = Remote()
    try:
        remote.load("gender", reference.model("gender"), Placement(), 20)
        os.kill(remote.pid, signal.SIGINT)
        local = LocalGraph(reference.model("gender"), Placement())
        values = [np.zeros(local.inputs[0].shape, np.int8)]
        (given,) = remote.run("gender", values, 10)
        np.testing.assert_array_equal(given, local.run(values)[0])
    finally:
        remote.close()
    assert gone(remote.pid)


def test_a_killed_process_is_a_failure_in_words(reference: Bundle) -> None:
    remote = Remote()
    remote.load("gender", reference.model("gender"), Placement(), 20)
    os.kill(remote.pid, signal.SIGKILL)
    with pytest.raises(DelegateFailureError, match="SIGKILL"):
        remote.run("gender", [np.zeros((1, 256), np.int8)], 5)
    remote.close()


def test_a_frozen_process_is_given_up_in_time(reference: Bundle) -> None:
    remote = Remote()
    remote.load("gender", reference.model("gender"), Placement(), 20)
    os.kill(remote.pid, signal.SIGSTOP)
    started = time.monotonic()
    with pytest.raises(DelegateFailureError, match=r"within 0\.4 s"):
        remote.run("gender", [np.zeros((1, 256), np.int8)], 0.4)
    assert time.monotonic() - started < 2
    remote.close()
    assert gone(remote.pid)


def test_megabytes_go_there_and_back(reference: Bundle) -> None:
    """The face decoder's picture, and a second of it: pipes must not fill up on either side."""
    remote = Remote()
    try:
        specs = remote.load("face", reference.model("face"), Placement(), 20)
        local = LocalGraph(reference.model("face"), Placement())
        values = [np.zeros(local.inputs[0].shape, np.int8)]
        for _ in range(5):
            (given,) = remote.run("face", values, 10)
        np.testing.assert_array_equal(given, local.run(values)[0])
        assert [spec.shape for spec in specs.outputs] == [spec.shape for spec in local.outputs]
        assert specs.outputs[0].numbers == local.outputs[0].numbers
    finally:
        remote.close()
