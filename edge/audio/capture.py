"""The process that holds the microphone: `python -m edge.audio.capture FD [DEVICE]`.

PortAudio hangs, spins or crashes when a device or a sound server goes away. Here that ends this
process and not the daemon, and a new one sees the devices that there are then. It ends when the
daemon is gone, and is ended by the kernel when it hangs and no daemon is there to end it.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from typing import NoReturn

from edge.audio.capture_wire import RETRY, Broken, Opened, Sound, send
from edge.audio.port_audio import open_stream, pick, port_audio
from edge.errors import SoundError

OPENING_LIMIT_S = 120.0
"""a board with many ALSA plugins needs 40 s to look through them"""
READING_LIMIT_S = 10.0


def capture(channel: socket.socket, device: str) -> None:
    """Send the sound of a microphone until the other side or the device is gone.

    Raises SoundError without PyAudio, and OSError when the other side is gone.
    """
    # a device that hangs may hold the interpreter's lock: only the kernel can act then
    signal.setitimer(signal.ITIMER_REAL, OPENING_LIMIT_S)
    with port_audio() as audio:
        try:
            microphone = pick(audio, device)
            stream = open_stream(audio, microphone)
        except SoundError as error:
            _end(channel, str(error))
        send(channel, Opened(microphone.name, stream.rate, stream.channels))
        while True:
            signal.setitimer(signal.ITIMER_REAL, READING_LIMIT_S)
            try:
                data = stream.read()
            except OSError as error:
                _end(channel, f"The microphone '{microphone.name}' stopped ({error}). {RETRY}")
            send(channel, Sound(time.monotonic(), data))


def _end(channel: socket.socket, reason: str) -> NoReturn:
    """Say so and end at once: PortAudio's own end may wait for a device that is gone."""
    send(channel, Broken(reason))
    os._exit(0)


def main() -> None:
    """Serve the socket whose number is the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    device = sys.argv[2] if len(sys.argv) > 2 else ""
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        try:
            capture(channel, device)
        except SoundError as error:
            send(channel, Broken(str(error)))
        except BrokenPipeError:  # the daemon is gone
            os._exit(0)


if __name__ == "__main__":
    main()
