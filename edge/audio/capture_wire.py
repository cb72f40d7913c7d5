"""What a capture process says to the daemon: one message after the other on a socket, each with
its length before it."""

from __future__ import annotations

import select
import socket
import struct
import time

import msgspec

RETRY = "Check its plug or the sound server; it is tried again."
"""what to do about most of what goes wrong"""

_LENGTH = struct.Struct("<I")


class Opened(msgspec.Struct, frozen=True, tag=True):
    """The device is open; sound follows."""

    name: str
    rate: int
    """Hz"""
    channels: int


class Sound(msgspec.Struct, frozen=True, tag=True):
    """A block. That it comes is also the heartbeat."""

    ended_s: float
    """monotonic time of the machine at which the block was complete"""
    data: bytes
    """16-bit little-endian samples, channels interleaved"""


class Broken(msgspec.Struct, frozen=True, tag=True):
    """There is no sound, or no more of it; the process ends."""

    reason: str
    """what is wrong and what to do, in whole sentences"""


Message = Opened | Sound | Broken

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Message).decode


def send(channel: socket.socket, message: Message) -> None:
    """Write a message. Raises OSError when the other side is gone."""
    content = _encode(message)
    channel.sendall(_LENGTH.pack(len(content)) + content)


def receive(channel: socket.socket, until: float) -> Message:
    """Read a message. Raises TimeoutError after the monotonic time `until`, and EOFError when the
    other side is gone."""
    (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size, until))
    message: Message = _decode(_exactly(channel, length, until))
    return message


def _exactly(channel: socket.socket, size: int, until: float) -> bytes:
    content = bytearray()
    while len(content) < size:
        # what has arrived counts, even if this process slept beyond the time
        ready, _, _ = select.select([channel], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            raise TimeoutError
        try:
            got = channel.recv(size - len(content))
        except ConnectionError as error:
            raise EOFError from error
        if not got:
            raise EOFError
        content += got
    return bytes(content)
