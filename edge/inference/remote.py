"""An inference process seen from the daemon."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from edge.inference.graph import Stored, TensorSpec
from edge.inference.placement import Placement
from edge.inference.wire import (
    Done,
    Load,
    Ready,
    Refused,
    Reply,
    Request,
    Run,
    decode_reply,
    packed,
    receive,
    send,
    understood,
    unpacked,
)


class DelegateFailureError(Exception):
    """A delegate did not do what was asked. The message is a clause: `it crashed (SIGSEGV)`."""


@dataclass(frozen=True)
class Specs:
    """What a graph takes and gives there."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]


class Remote:
    """A process of its own for one delegate; all its graphs share the device.

    After a failure it is of no use any more: close it and start another. For one thread at a time.
    """

    def __init__(self) -> None:
        """Raises DelegateFailureError."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "edge.inference.worker", str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl-C is for the daemon
                )
            except OSError as error:
                ours.close()
                raise DelegateFailureError(f"its process cannot be started: {error}") from error
        self._channel = ours
        self._specs: dict[str, Specs] = {}

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def load(self, name: str, content: bytes, placement: Placement, limit_s: float) -> Specs:
        """Make a graph ready there. Raises DelegateFailureError."""
        delegate = placement.delegate
        reply = self._ask(
            Load(
                name,
                content,
                placement.runtime.setting,
                placement.threads,
                placement.xnnpack,
                delegate.library if delegate else "",
                dict(delegate.options) if delegate else {},
                limit_s,
            ),
            limit_s,
        )
        assert isinstance(reply, Ready)
        specs = Specs(
            tuple(understood(each) for each in reply.inputs),
            tuple(understood(each) for each in reply.outputs),
        )
        self._specs[name] = specs
        return specs

    def run(self, name: str, values: Sequence[Stored], limit_s: float) -> list[Stored]:
        """One inference. Raises DelegateFailureError, at the latest after `limit_s`."""
        reply = self._ask(Run(name, packed(values), limit_s), limit_s)
        assert isinstance(reply, Done)
        return unpacked(reply.values, self._specs[name].outputs)

    def kill(self) -> None:
        """End the process, and so what another thread waits for. Then it has to be closed."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def close(self) -> None:
        """End the process. May be called twice."""
        self._channel.close()
        self.kill()
        # one that hangs in the kernel cannot be waited for
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)

    def _ask(self, request: Request, limit_s: float) -> Reply:
        until = time.monotonic() + limit_s
        try:
            send(self._channel, request, until)
            reply: Reply = decode_reply(receive(self._channel, until))
        except TimeoutError:
            raise DelegateFailureError(f"it did not answer within {limit_s:.2g} s") from None
        except (EOFError, OSError):
            raise DelegateFailureError(self._ending()) from None
        if isinstance(reply, Refused):
            raise DelegateFailureError(f"it refuses: {reply.reason}")
        return reply

    def _ending(self) -> str:
        try:
            code = self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            return "its process went silent"
        if code < 0:
            return f"it crashed ({signal.Signals(-code).name})"
        return f"its process ended with the code {code}"
