"""PyAudio on a real sound server: what is played into its null sink is heard."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge.audio.meter import bar
from edge.audio.microphone import Microphone, MicrophoneSource, choose
from edge.errors import SoundError


class SoundServer:
    """PulseAudio with a null sink whose monitor is the microphone. No D-Bus, no sound card."""

    def __init__(self, folder: Path) -> None:
        (folder / "run").mkdir(mode=0o700)
        socket = folder / "run" / "pulse.sock"
        alsa = folder / "asound.conf"
        alsa.write_text(
            'pcm.!default { type pulse device "mic.monitor" '
            'hint { show on description "virtual microphone" } }\n'
            "ctl.!default { type pulse }\n"
        )
        self.env = {
            **os.environ,
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "PULSE_SERVER": f"unix:{socket}",
            "PULSE_LATENCY_MSEC": "200",
            "ALSA_CONFIG_PATH": str(alsa),
        }
        self.env.pop("DBUS_SESSION_BUS_ADDRESS", None)
        self.process = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit",
             "--realtime=no", "--use-pid-file=no", "--log-target=stderr", "--log-level=error",
             "-L", f"module-native-protocol-unix auth-anonymous=1 socket={socket}",
             "-L", "module-null-sink sink_name=mic rate=48000 channels=1 format=s16le"],
            env=self.env, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(100):
            if subprocess.run(["pactl", "info"], env=self.env, capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError("PulseAudio did not start")

    def play(self, file: Path) -> None:
        subprocess.run(["paplay", "--device=mic", str(file)], env=self.env, check=True, timeout=60)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SoundServer]:
    server = SoundServer(tmp_path)
    yield server
    server.kill()


CAPTURE = """
import sys, numpy as np
from edge.audio.microphone import MicrophoneSource
source, heard = MicrophoneSource(), []
print(source.microphone.name, flush=True)
for block in source:
    heard.append(block.samples)
    if sum(map(len, heard)) >= float(sys.argv[2]) * 16000:
        source.close()
np.save(sys.argv[1], np.concatenate(heard))
"""


def test_what_is_played_is_heard(server: SoundServer, woman: Path, tmp_path: Path) -> None:
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


def test_a_face_from_the_microphone(server: SoundServer, woman: Path, tmp_path: Path) -> None:
    picture, settings = tmp_path / "face.png", tmp_path / "settings.toml"
    settings.write_text(f'[display]\nkind = "png"\npng_path = "{picture}"\n')
    run = subprocess.Popen(
        [sys.executable, "-m", "edge", "-v", "run", "--config", str(settings)],
        env=server.env, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert run.stderr is not None
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(run.stderr or []), daemon=True)
    reader.start()
    try:
        wait_for(lambda: any("event=started" in line for line in lines), "the start")
        sound, _ = soundfile.read(woman)
        soundfile.write(tmp_path / "played.wav", sound, 16000)
        server.play(tmp_path / "played.wav")
        wait_for(lambda: any("event=estimate" in line for line in lines), f"an estimate: {lines}")
        assert picture.read_bytes().startswith(b"\x89PNG")
        server.kill()
        assert run.wait(30) == 3
    finally:
        run.kill()
        run.wait()
    reader.join(5)
    assert any("stopped" in line and line.startswith("s2f-edge: ") for line in lines), lines
    assert not any("Traceback" in line for line in lines), lines


def test_the_devices_are_listed(server: SoundServer, s2f_edge) -> None:
    listed = s2f_edge("devices", env=server.env)
    assert listed.code == 0
    assert 'device = "' in listed.out


def test_no_such_microphone(s2f_edge, tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text('[audio]\ndevice = "no such thing"\n')
    run = s2f_edge("run", "--display", "none", "--config", settings)
    assert run.code == 3
    assert run.err.splitlines()[-1].startswith(
        ("s2f-edge: No microphone was found.", "s2f-edge: No microphone is named 'no such thing'.")
    )


def test_microphones_are_chosen_by_name() -> None:
    found = [
        Microphone(0, "HDA Intel: Mic", 48000, 2),
        Microphone(3, "USB Audio: CARD=Snow", 44100, 1),
    ]
    assert choose(found, "card=snow").index == 3
    assert choose(found, "").index == 0
    with pytest.raises(
        SoundError, match=r"No microphone is named 'Yeti'\. Found: 'HDA Intel: Mic'"
    ):
        choose(found, "Yeti")
    with pytest.raises(SoundError, match="No microphone was found"):
        choose([], "Yeti")


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
    usual = Microphone(0, "USB", 48000, 2)
    assert MicrophoneSource._open(audio, usual) == (4410, 44100, 2)
    assert audio.asked[0] == (48000, 1)
    with pytest.raises(SoundError, match=r"offers none of the rates 48000, 16000, 44100"):
        MicrophoneSource._open(audio, Microphone(0, "USB", 48000, 1))


def test_the_meter_s_bar() -> None:
    assert bar(1.0).startswith("█" * 50)
    assert bar(0.0).startswith("·" * 50)
    assert "-20.0 dB" in bar(0.1)


def wait_for(condition, what: str, limit_s: float = 60.0) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)
