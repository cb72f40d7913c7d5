"""A capture process seen from the daemon."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time

from edge.audio.capture_wire import RETRY, Broken, Opened, Sound, receive
from edge.errors import SoundError

FIRST_BLOCK_S = 5.0
"""a sound server fills its buffers first"""
BLOCK_S = 1.5
"""longest time from one block to the next; they are a tenth of a second long"""


class NotOpeningError(SoundError):
    """Opening took too long: the device hangs, or there is much to look through."""


class CaptureProcess:
    """A process of its own that holds the microphone. After an error or `close` it is of no use
    any more: the device is closed, start another."""

    def __init__(self, device: str) -> None:
        """Raises SoundError when it cannot be started."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "edge.audio.capture", str(theirs.fileno()), device],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,  # ALSA and PulseAudio chat from C
                    start_new_session=True,  # Ctrl-C is for the daemon
                )
            except OSError as error:
                ours.close()
                raise SoundError(
                    f"The capture process cannot be started: {error}. Free some memory."
                ) from error
        self._channel = ours
        self._name = ""
        self._limit_s = FIRST_BLOCK_S

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def open(self, limit_s: float) -> Opened:
        """Wait until the device is open. Raises SoundError, after `limit_s` NotOpeningError."""
        try:
            message = receive(self._channel, time.monotonic() + limit_s)
        except TimeoutError:
            raise NotOpeningError(
                f"The microphone does not open within {limit_s:.0f} s. {RETRY}"
            ) from None
        except (EOFError, OSError, ValueError):
            raise SoundError(self._ending()) from None
        if isinstance(message, Broken):
            raise SoundError(message.reason)
        assert isinstance(message, Opened)
        self._name = message.name
        return message

    def read(self) -> Sound:
        """The next block. Raises SoundError, also when none comes in time."""
        try:
            message = receive(self._channel, time.monotonic() + self._limit_s)
        except TimeoutError:
            raise SoundError(
                f"The microphone '{self._name}' gives no sound any more. {RETRY}"
            ) from None
        except (EOFError, OSError, ValueError):
            raise SoundError(self._ending()) from None
        if isinstance(message, Broken):
            raise SoundError(message.reason)
        assert isinstance(message, Sound)
        self._limit_s = BLOCK_S
        return message

    def close(self) -> None:
        """End the process and so close the device. May be called twice, and while another thread
        reads: it gets a SoundError."""
        with contextlib.suppress(OSError):
            self._process.kill()
        # one that hangs in the kernel cannot be waited for
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2.0)

    def release(self) -> None:
        """Close for the thread that reads: lets go of the socket as well."""
        self.close()
        self._channel.close()

    def _ending(self) -> str:
        try:
            code = self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            return f"The capture process went silent. {RETRY}"
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"The capture process ended ({how}). {RETRY}"
