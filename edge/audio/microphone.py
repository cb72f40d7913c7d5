"""The microphone, through PyAudio. The only module that imports it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import soxr

from edge.audio.block import BLOCK_SAMPLES, SAMPLE_RATE, AudioBlock
from edge.errors import SoundError
from edge.quiet import quiet_stderr

NONE_FOUND = "No microphone was found. Plug one in, or play a file: `s2f-edge run --source FILE`."

_RATES = (SAMPLE_RATE, 48000, 44100, 32000, 96000, 8000)
"""Hz, in the order in which they are tried after the device's own"""


@dataclass(frozen=True)
class Microphone:
    """A sound input as PortAudio lists it."""

    index: int
    """PortAudio's number; changes between boots, so it is never put into settings"""
    name: str
    rate: int
    """Hz, the device's default"""
    channels: int


def microphones() -> list[Microphone]:
    """All sound inputs. Raises SoundError when PyAudio is not installed."""
    with _port_audio() as audio:
        return _list(audio)


def choose(found: list[Microphone], wanted: str) -> Microphone:
    """The input whose name contains `wanted`; the first one when it is empty.

    Raises SoundError that lists what was found.
    """
    if not found:
        raise SoundError(NONE_FOUND)
    for microphone in found:
        if wanted.lower() in microphone.name.lower():
            return microphone
    names = ", ".join(f"'{microphone.name}'" for microphone in found)
    raise SoundError(
        f"No microphone is named '{wanted}'. Found: {names}. "
        "Set [audio] device, or run `s2f-edge devices`."
    )


class MicrophoneSource:
    """Captures one microphone at a rate that it offers and resamples to 16 kHz mono."""

    def __init__(self, device: str = "") -> None:
        self._closed = threading.Event()
        self._resources = contextlib.ExitStack()
        audio = self._resources.enter_context(_port_audio())
        try:
            self.microphone = self._pick(audio, device)
            self._stream, self._rate, self._channels = self._open(audio, self.microphone)
        except BaseException:
            self._resources.close()
            raise

    @staticmethod
    def _pick(audio: Any, device: str) -> Microphone:
        if not device:
            try:
                return _describe(audio.get_default_input_device_info())
            except OSError:
                pass  # no default: the first one that is there will do
        return choose(_list(audio), device)

    @staticmethod
    def _open(audio: Any, microphone: Microphone) -> tuple[Any, int, int]:
        """The stream with its rate and channels: mono where the device offers it."""
        import pyaudio

        refused = ""
        rates = dict.fromkeys((microphone.rate, *_RATES))
        for rate, channels in product(rates, dict.fromkeys((1, microphone.channels))):
            try:
                stream = audio.open(
                    format=pyaudio.paInt16,
                    channels=channels,
                    rate=rate,
                    input=True,
                    input_device_index=microphone.index,
                    frames_per_buffer=rate * BLOCK_SAMPLES // SAMPLE_RATE,
                )
                return stream, rate, channels
            except (OSError, ValueError) as error:
                refused = str(error)
        raise SoundError(
            f"The microphone '{microphone.name}' offers none of the rates "
            f"{', '.join(map(str, rates))} Hz ({refused}). Close other programs that use "
            "it, or choose another: `s2f-edge devices`."
        )

    def __iter__(self) -> Iterator[AudioBlock]:
        resample = soxr.ResampleStream(self._rate, SAMPLE_RATE, 1, dtype="float32")
        frames = self._rate * BLOCK_SAMPLES // SAMPLE_RATE
        started = time.monotonic()
        try:
            while not self._closed.is_set():
                data = self._stream.read(frames, exception_on_overflow=False)
                channels = np.frombuffer(data, "<i2").reshape(-1, self._channels)
                sound = resample.resample_chunk(channels.mean(axis=1, dtype=np.float32) / 32768)
                ended_s = time.monotonic() - started
                yield AudioBlock(sound, max(0.0, ended_s - sound.size / SAMPLE_RATE))
        except OSError as error:
            if not self._closed.is_set():
                raise SoundError(
                    f"The microphone '{self.microphone.name}' stopped: {error}. "
                    "Check its plug or the sound server, then start again."
                ) from error
        finally:
            self._resources.close()

    def close(self) -> None:
        # The reading thread lets go of the device: closing a stream that is being read can crash.
        self._closed.set()


@contextlib.contextmanager
def _port_audio() -> Iterator[Any]:
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


def _list(audio: Any) -> list[Microphone]:
    found = (_describe(audio.get_device_info_by_index(i)) for i in range(audio.get_device_count()))
    return [microphone for microphone in found if microphone.channels > 0]


def _describe(info: dict[str, Any]) -> Microphone:
    return Microphone(
        index=int(info["index"]),
        name=str(info["name"]),
        rate=int(info["defaultSampleRate"]),
        channels=int(info["maxInputChannels"]),
    )
