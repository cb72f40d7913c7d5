"""What the daemon and an inference process say to each other: one message after the other on a
socket, each with its length before it."""

from __future__ import annotations

import math
import select
import socket
import struct
import time
from collections.abc import Sequence

import msgspec
import numpy as np

from edge.inference.graph import Stored, TensorSpec
from edge.inference.tensor import Float32, Quantized

_LENGTH = struct.Struct("<Q")
_CHUNK = 1 << 20


class Load(msgspec.Struct, frozen=True, tag=True):
    """Make a graph ready."""

    name: str
    content: bytes
    runtime: str
    threads: int
    xnnpack: bool
    library: str
    options: dict[str, str]
    limit_s: float


class Run(msgspec.Struct, frozen=True, tag=True):
    """One inference."""

    name: str
    values: list[memoryview]
    limit_s: float


class Tensor(msgspec.Struct, frozen=True):
    """A `TensorSpec`."""

    shape: tuple[int, ...]
    dtype: str
    scale: float
    zero_point: int


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The graph is loaded."""

    inputs: list[Tensor]
    outputs: list[Tensor]


class Done(msgspec.Struct, frozen=True, tag=True):
    """What the inference gave."""

    values: list[memoryview]


class Refused(msgspec.Struct, frozen=True, tag=True):
    """It could not be done."""

    reason: str


Request = Load | Run
Reply = Ready | Done | Refused

_encode_into = msgspec.msgpack.Encoder().encode_into
decode_request = msgspec.msgpack.Decoder(Request).decode
decode_reply = msgspec.msgpack.Decoder(Reply).decode


def send(channel: socket.socket, message: Request | Reply, until: float = math.inf) -> None:
    """Write a message. Raises TimeoutError after the monotonic time `until`, OSError when the
    other side is gone."""
    content = bytearray(_LENGTH.size)
    _encode_into(message, content, _LENGTH.size)
    _LENGTH.pack_into(content, 0, len(content) - _LENGTH.size)
    rest = memoryview(content)
    while rest:
        _wait(channel, until, writing=True)
        rest = rest[channel.send(rest[:_CHUNK]) :]


def receive(channel: socket.socket, until: float = math.inf) -> memoryview:
    """Read a message; its tensors stay where they are. Raises TimeoutError, and EOFError when the
    other side is gone."""
    (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size, until))
    return _exactly(channel, length, until)


def _exactly(channel: socket.socket, size: int, until: float) -> memoryview:
    content = np.empty(size, np.uint8).data
    rest = content
    while rest:
        _wait(channel, until, writing=False)
        try:
            got = channel.recv_into(rest)
        except ConnectionError as error:
            raise EOFError from error
        if not got:
            raise EOFError
        rest = rest[got:]
    return content


def _wait(channel: socket.socket, until: float, *, writing: bool) -> None:
    if until == math.inf:
        return
    left = max(0.0, until - time.monotonic())
    reading = [] if writing else [channel]
    if not any(select.select(reading, [channel] if writing else [], [], left)):
        raise TimeoutError


def described(spec: TensorSpec) -> Tensor:
    """The spec as a message says it."""
    numbers = spec.numbers
    zero = numbers.zero_point if isinstance(numbers, Quantized) else 0
    return Tensor(spec.shape, spec.dtype.str, numbers.scale, zero)


def understood(tensor: Tensor) -> TensorSpec:
    """The other way round."""
    dtype = np.dtype(tensor.dtype)
    exact = Quantized(dtype.type, tensor.scale, tensor.zero_point) if tensor.scale else Float32()
    return TensorSpec(tensor.shape, dtype, exact)


def packed(values: Sequence[Stored]) -> list[memoryview]:
    """Tensors as bytes, by rows; not copied."""
    return [np.ascontiguousarray(each).reshape(-1).view(np.uint8).data for each in values]


def unpacked(values: list[memoryview], specs: tuple[TensorSpec, ...]) -> list[Stored]:
    """Bytes as tensors; not copied."""
    return [
        np.frombuffer(each, spec.dtype).reshape(spec.shape)
        for each, spec in zip(values, specs, strict=True)
    ]
