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
from edge.audio.microphone import Microphone, choose
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
            "PULSE_LATENCY_MSEC": "40",
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
    size = 1 << 20
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(played, size))
    lag = int(np.argmax(np.fft.irfft(spectrum)))
    overlap = heard[lag : lag + played.size]
    assert overlap.size > 0.95 * played.size
    assert np.corrcoef(overlap, played[: overlap.size])[0, 1] > 0.98


def test_a_face_from_the_microphone(server: SoundServer, woman: Path, tmp_path: Path) -> None:
    picture, settings = tmp_path / "face.png", tmp_path / "settings.toml"
    settings.write_text(f'[display]\nkind = "png"\npng_path = "{picture}"\n')
    run = subprocess.Popen(
        [sys.executable, "-m", "edge", "run", "--config", str(settings)],
        env=server.env, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert run.stderr is not None
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(run.stderr or []))
    reader.start()
    wait_for(lambda: any("event=started" in line for line in lines), "the start")
    sound, _ = soundfile.read(woman)
    soundfile.write(tmp_path / "played.wav", sound, 16000)
    server.play(tmp_path / "played.wav")
    wait_for(lambda: any("event=estimate" in line for line in lines), "an estimate")
    before = picture.read_bytes()
    assert before.startswith(b"\x89PNG")
    server.kill()
    assert run.wait(30) == 3
    reader.join(5)
    assert any("stopped" in line and line.startswith("s2f-edge: ") for line in lines), lines
    assert not any("Traceback" in line for line in lines), lines


def test_the_devices_are_listed(server: SoundServer, s2f_edge) -> None:
    listed = s2f_edge("devices", env=server.env)
    assert listed.code == 0
    assert 'device = "' in listed.out


def test_no_microphone(s2f_edge, tmp_path: Path) -> None:
    (tmp_path / "asound.conf").write_text("")
    env = {**os.environ, "ALSA_CONFIG_PATH": str(tmp_path / "asound.conf")}
    run = s2f_edge("run", "--display", "none", env=env)
    assert run.code == 3
    assert run.err.splitlines()[-1] == (
        "s2f-edge: No microphone was found. Plug one in, or play a file: "
        "`s2f-edge run --source FILE`."
    )


def test_microphones_are_chosen_by_name() -> None:
    found = [Microphone(0, "HDA Intel: Mic", 48000, 2), Microphone(3, "USB Audio: CARD=Snow", 44100, 1)]
    assert choose(found, "card=snow").index == 3
    assert choose(found, "").index == 0
    with pytest.raises(SoundError, match=r"No microphone is named 'Yeti'\. Found: 'HDA Intel: Mic'"):
        choose(found, "Yeti")
    with pytest.raises(SoundError, match="No microphone was found"):
        choose([], "Yeti")


def test_the_meter_s_bar() -> None:
    assert bar(1.0).startswith("█" * 50)
    assert bar(0.0).startswith("·" * 50)
    assert "-20.0 dB" in bar(0.1)


def wait_for(condition, what: str, limit_s: float = 60.0) -> None:  # noqa: ANN001
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)
