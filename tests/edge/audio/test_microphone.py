"""PyAudio on a real sound server: what is played into its null sink is heard."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge.audio.inputs import Microphone
from edge.audio.meter import bar
from edge.audio.port_audio import open_stream
from edge.errors import SoundError

CAPTURE = """
import sys, numpy as np
from edge.audio.microphone import MicrophoneSource
source, heard = MicrophoneSource(), []
for block in source:
    if not heard:
        print(source.opened.name, flush=True)
    heard.append(block.samples)
    if sum(map(len, heard)) >= float(sys.argv[2]) * 16000:
        source.close()
np.save(sys.argv[1], np.concatenate(heard))
"""


def test_what_is_played_is_heard(server, woman: Path, tmp_path: Path) -> None:
    played, _ = soundfile.read(woman, dtype="float32")
    soundfile.write(tmp_path / "played.wav", played, 16000)
    capture = subprocess.Popen(
        [sys.executable, "-c", CAPTURE, str(tmp_path / "heard.npy"), str(played.size / 16000 + 2)],
        env=server.env, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert capture.stdout is not None
    assert capture.stdout.readline().strip()
    server.play(tmp_path / "played.wav")
    assert capture.wait(60) == 0
    heard = np.load(tmp_path / "heard.npy")
    # Piece by piece, because a busy machine lets the sound server stumble.
    pieces = np.split(played[: played.size // 8000 * 8000], played.size // 8000)
    found = [likeness(piece, heard) for piece in pieces if np.abs(piece).max() > 0.05]
    assert len(found) > 10
    assert np.mean(np.array(found) > 0.95) > 0.8, found


def likeness(piece: np.ndarray, sound: np.ndarray) -> float:
    """Correlation of a piece with that part of the sound which is most like it."""
    size = 1 << int(np.ceil(np.log2(sound.size + piece.size)))
    spectrum = np.fft.rfft(sound, size) * np.conj(np.fft.rfft(piece, size))
    lag = int(np.argmax(np.fft.irfft(spectrum)[: sound.size - piece.size]))
    return float(np.corrcoef(sound[lag : lag + piece.size], piece)[0, 1])


def test_a_face_from_the_microphone(server, run, patiently, woman: Path, tmp_path: Path) -> None:
    picture, settings = tmp_path / "face.png", tmp_path / "settings.toml"
    settings.write_text(f'[display]\npng_path = "{picture}"\n')
    running = run(server, "--display", "png", "--config", settings)
    running.wait("event=microphone_open")
    server.play(woman)
    running.wait("event=estimate")
    patiently(picture.exists, "the picture")
    assert picture.read_bytes().startswith(b"\x89PNG")
    running.end()


def test_the_devices_are_listed(server, s2f_edge) -> None:
    listed = s2f_edge("devices", env=server.env)
    assert listed.code == 0
    assert 'device = "' in listed.out


def _as_in_a_terminal() -> None:
    """A shell's background jobs, which tests may be, ignore Ctrl-C, and so do their children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_the_meter_shows_the_level(server) -> None:
    server.room()
    meter = subprocess.Popen(
        [sys.executable, "-m", "edge", "devices", "--meter"],
        env=server.env, stdout=subprocess.PIPE, text=True, preexec_fn=_as_in_a_terminal,
    )  # fmt: skip
    assert meter.stdout is not None
    try:
        assert "Hz, end with Ctrl-C" in meter.stdout.readline()
        shown = ""
        while shown.count("dB") < 30:
            shown += meter.stdout.read(60)
        meter.send_signal(signal.SIGINT)
        assert meter.wait(10) == 0
    finally:
        meter.kill()
    loudest = max(float(part.split()[-1]) for part in shown.split(" dB")[:-1])
    assert -53 < loudest < -47  # the room's noise is 0.003


def test_a_meter_without_a_microphone(server, s2f_edge) -> None:
    server.unplug()
    refused = s2f_edge("devices", "--meter", "no such thing", env=server.env)
    assert refused.code == 3
    assert refused.err.startswith("s2f-edge: No microphone")


class OnlyStereoAt44100:
    """A device as many are: no mono, no 16 kHz."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def open(self, rate: int, channels: int, frames_per_buffer: int, **_: object) -> object:
        self.asked.append((rate, channels))
        if (rate, channels) != (44100, 2):
            raise OSError(-9997, "Invalid sample rate")
        return frames_per_buffer


def test_a_rate_and_channels_that_the_device_offers_are_found() -> None:
    audio = OnlyStereoAt44100()
    assert open_stream(audio, Microphone(0, "USB", 48000, 2)) == (4410, 44100, 2)
    assert audio.asked[0] == (48000, 2)
    with pytest.raises(SoundError, match=r"offers none of the rates 48000, 16000, 44100"):
        open_stream(audio, Microphone(0, "USB", 48000, 1))


def test_a_sound_server_s_32_copies_are_not_asked_for() -> None:
    audio = OnlyStereoAt44100()
    with pytest.raises(SoundError):
        open_stream(audio, Microphone(0, "pulse", 44100, 32))
    assert audio.asked[0] == (44100, 1)


def test_the_meter_s_bar() -> None:
    assert bar(1.0).startswith("█" * 50)
    assert bar(0.0).startswith("·" * 50)
    assert "-20.0 dB" in bar(0.1)
