"""PortAudio, through PyAudio. The only module that imports it.

Enumerating and reading can hang for ever when a device goes away, so the daemon does both in
another process: `edge.audio.capture`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

from edge.audio.cards import split
from edge.audio.inputs import Microphone, choose
from edge.errors import SoundError
from edge.quiet import quiet_stderr

BLOCKS_PER_S = 10

_RATES = (16000, 48000, 44100, 32000, 96000, 8000)
"""Hz, in the order in which they are tried after the device's own"""
_MOST_CHANNELS = 8
"""a sound server offers 32 that are copies of each other"""


class Stream(NamedTuple):
    """An input that is open. 16-bit little-endian samples, channels interleaved."""

    stream: Any
    rate: int
    """Hz"""
    channels: int

    def read(self) -> bytes:
        """The next tenth of a second. Raises OSError when the device is gone; or never returns."""
        return bytes(self.stream.read(self.rate // BLOCKS_PER_S, exception_on_overflow=False))


@contextlib.contextmanager
def port_audio() -> Iterator[Any]:
    """PortAudio with the devices that there are now. Raises SoundError without PyAudio."""
    try:
        import pyaudio
    except ImportError as error:
        raise SoundError(
            "PyAudio is not installed, so there is no microphone. Run "
            "`apt install portaudio19-dev gcc python3-dev`, then "
            "`pip install 'speech2face-edge[mic]'`."
        ) from error
    with quiet_stderr():  # PortAudio prints a page of probing noise from C
        audio = pyaudio.PyAudio()
    try:
        yield audio
    finally:
        audio.terminate()


def microphones() -> list[Microphone]:
    """All sound inputs. Raises SoundError when PyAudio is not installed."""
    with port_audio() as audio:
        return _list(audio)


def pick(audio: Any, device: str) -> Microphone:
    """The input that the settings name; the system's default when they name none.

    Raises SoundError.
    """
    if not device:
        with contextlib.suppress(OSError):  # no default: the first one that is there will do
            return _describe(audio.get_default_input_device_info())
    return choose(_list(audio), device)


def open_stream(audio: Any, microphone: Microphone) -> Stream:
    """Open an input at its own rate, or one that it offers, with all its channels where that is
    possible. Raises SoundError."""
    import pyaudio

    refused = ""
    rates = dict.fromkeys((microphone.rate, *_RATES))
    all_channels = microphone.channels if microphone.channels <= _MOST_CHANNELS else 1
    for rate, channels in product(rates, dict.fromkeys((all_channels, 1, microphone.channels))):
        try:
            stream = audio.open(
                format=pyaudio.paInt16,
                channels=channels,
                rate=rate,
                input=True,
                input_device_index=microphone.index,
                frames_per_buffer=rate // BLOCKS_PER_S,
            )
            return Stream(stream, rate, channels)
        except (OSError, ValueError) as error:
            refused = str(error)
    raise SoundError(
        f"The microphone '{microphone.name}' offers none of the rates "
        f"{', '.join(map(str, rates))} Hz ({refused}). Close other programs that use "
        "it, or choose another: `s2f-edge devices`."
    )


def _list(audio: Any) -> list[Microphone]:
    found = (_describe(audio.get_device_info_by_index(i)) for i in range(audio.get_device_count()))
    return [microphone for microphone in found if microphone.channels > 0]


def _describe(info: dict[str, Any]) -> Microphone:
    name, card = split(str(info["name"]))
    return Microphone(
        index=int(info["index"]),
        name=name,
        rate=int(info["defaultSampleRate"]),
        channels=int(info["maxInputChannels"]),
        card=card,
    )
