"""Plays a woman's and a man's voice through the daemon, with a broker of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import numpy as np
import paho.mqtt.client as paho
import soundfile
from paho.mqtt.enums import CallbackAPIVersion

OUT = Path("demo-out")
SILENCE_S = 4.0
HOLD_S = 2.0


def main() -> int:
    samples = Path(str(resources.files("edge"))) / "samples"
    voices = [samples / "woman.flac", samples / "man.flac"]
    print("\n1. Two voices from files to pictures: s2f-edge render")
    edge("render", *map(str, voices), "--out", str(OUT))
    with tempfile.TemporaryDirectory() as folder, broker(Path(folder)) as (port, protocol):
        print("\n2. The same voices as if they came from a microphone: s2f-edge run")
        page = free_port(8090)
        print(f"   A window shows it; where there is no screen, http://127.0.0.1:{page} does.")
        settings = Path(folder) / "demo.toml"
        settings.write_text(
            f'[device]\nname = "demo"\n[audio]\nsource = "{join(voices, Path(folder))}"\n'
            f"hold_s = {HOLD_S}\n"
            + (
                f'[mqtt]\nbroker = "mqtt://127.0.0.1:{port}"\nprotocol = "{protocol}"\n'
                if port
                else ""
            )
            + f"[display]\nweb_port = {page}\n"
        )
        with messages(port, protocol):
            edge("run", "--config", str(settings))
    pictures = " and ".join(str((OUT / f"{voice.stem}.png").resolve()) for voice in voices)
    print(f"\nThe faces are in {pictures}")
    print(
        "With a microphone: .venv/bin/s2f-edge run      What is missing: .venv/bin/s2f-edge doctor"
    )
    return 0


def edge(*arguments: str) -> None:
    """Run s2f-edge; end the demo if it fails, its message is on the screen already."""
    code = subprocess.run([sys.executable, "-m", "edge", *arguments]).returncode
    if code:
        sys.exit(code)


def join(voices: list[Path], folder: Path) -> Path:
    """The voices one after the other, with a silence after each, as one file."""
    parts, rate = [], 16000
    for voice in voices:
        sound, rate = soundfile.read(voice, dtype="float32")
        parts += [sound, np.zeros(int(SILENCE_S * rate), np.float32)]
    path = folder / "voices.wav"
    soundfile.write(path, np.concatenate(parts), rate)
    return path


@contextlib.contextmanager
def broker(folder: Path) -> Iterator[tuple[int, str]]:
    """A broker on loopback: its port and MQTT version, or port 0 where there is none."""
    port = free_port(1883)
    mosquitto = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
    if mosquitto:
        config = folder / "mosquitto.conf"
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
        command, protocol = [mosquitto, "-c", str(config)], "5"
    elif importlib.util.find_spec("amqtt"):
        config = folder / "amqtt.yaml"
        config.write_text(
            f"listeners:\n  default:\n    type: tcp\n    bind: 127.0.0.1:{port}\n"
            "plugins:\n  amqtt.plugins.authentication.AnonymousAuthPlugin:\n"
            "    allow_anonymous: true\n"
        )
        amqtt = str(Path(sys.executable).with_name("amqtt"))
        command, protocol = [amqtt, "-c", str(config)], "3.1.1"
    else:
        print("No MQTT broker is installed, so there will be no messages. `apt install mosquitto`.")
        yield 0, "5"
        return
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield port, protocol
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def messages(port: int, protocol: str) -> Iterator[None]:
    """Print every MQTT message while the block runs, as `mosquitto_sub -v -t '#'` would."""
    if not port:
        yield
        return
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        protocol=paho.MQTTv5 if protocol == "5" else paho.MQTTv311,
    )
    announced, width = 0, shutil.get_terminal_size((120, 24)).columns

    def show(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        nonlocal announced
        if message.topic.startswith("homeassistant/"):
            announced += bool(message.payload)
            return
        payload = message.payload.decode(errors="replace")
        line = f"   mqtt  {message.topic}  {payload}"
        print(line if len(line) <= width else f"{line[: width - 1]}…", flush=True)

    client.on_message = show
    client.connect("127.0.0.1", port)
    client.subscribe("#", qos=1)
    client.loop_start()
    try:
        yield
        time.sleep(1.0)  # the last messages
    finally:
        client.disconnect()
        client.loop_stop()
    print(f"   mqtt  homeassistant/…  {announced} entities were announced to Home Assistant")


def wait_for(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    sys.exit("The MQTT broker did not start within 10 s.")


def free_port(wanted: int) -> int:
    """The wanted port when nobody has it, else another one."""
    for port in (wanted, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    sys.exit("No port is free on 127.0.0.1.")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
