"""A real mosquitto on a free loopback port, and what its subscribers see."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edge.mqtt.catalogue import Catalogue
from edge.mqtt.publisher import Publisher
from edge.settings import Device, Mqtt, Publish
from edge.voice.estimate import Choice, Estimate, Quantity

LIMIT_S = 15.0

CATALOGUE = Catalogue(
    choices={
        "gender": ("female", "male"),
        "ethnicity": ("asian", "black", "white"),
    },
    quantities={"age": "y"},
    craniofacial=("nasal_index", "facial_index"),
)


def until(condition: Callable[[], Any], what: str, limit_s: float = LIMIT_S) -> Any:
    """Wait for a condition; its value."""
    end = time.monotonic() + limit_s
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {limit_s} s: {what}"
        time.sleep(0.02)
    return value


def estimate(evidence_s: float = 2.0, age: float = 34, gender: str | None = "female") -> Estimate:
    return Estimate(
        evidence_s=evidence_s,
        attributes={
            "gender": Choice(
                gender,
                0.97 if gender else None,
                {"female": 0.97, "male": 0.03},
                None if gender else "not certain enough",
            ),
            "age": Quantity(age, age - 10, age + 13, "y", 0.8),
            "ethnicity": Choice("white", 0.8, {"asian": 0.1, "black": 0.1, "white": 0.8}),
        },
        craniofacial={"nasal_index": 68.1234, "facial_index": 88.0},
        feature=np.full(8, 0.123, np.float32),
        bundle="test",
        bundle_sha256="0" * 64,
        front_end="reference-logmel64",
        runtime="none",
    )


def face(shade: int = 200) -> Image.Image:
    return Image.new("RGB", (96, 96), (shade, 120, 90))


def program(name: str) -> str:
    """Path of a program of mosquitto; Debian keeps the broker outside a user's PATH."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    assert path, f"{name} is missing: apt-get install mosquitto mosquitto-clients"
    return path


class Mosquitto:
    """A broker that can be killed and started again on the same port, with nothing kept."""

    def __init__(self, folder: Path, lines: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self.log = folder / "mosquitto.log"
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            # as root, mosquitto would become another user who may not read the test's files
            f"listener {self.port} 127.0.0.1\nuser root\npersistence false\n"
            f"log_dest file {self.log}\nlog_type all\n{lines}\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [program("mosquitto"), "-c", str(self._config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(self._answers, f"mosquitto listens; {self.log}")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"mosquitto ended: {self.log.read_text()}"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@dataclass(frozen=True)
class Message:
    topic: str
    payload: bytes
    retained: bool
    """whether the broker had kept it from before the subscription"""

    @property
    def json(self) -> Any:
        return json.loads(self.payload)


class Listener:
    """`mosquitto_sub` on every topic."""

    def __init__(self, port: int, *options: str) -> None:
        self.messages: list[Message] = []
        self._process = subprocess.Popen(
            [
                *(program("mosquitto_sub"), "-h", "127.0.0.1", "-p", str(port)),
                *("-t", "#", "-q", "1", "-F", "%r %t %x", *options),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            retained, topic, payload = line.rstrip("\n").split(" ", 2)
            self.messages.append(Message(topic, bytes.fromhex(payload), retained == "1"))

    def on(self, leaf: str) -> list[Message]:
        """Messages on topics that end in `leaf`."""
        return [message for message in self.messages if message.topic.endswith(leaf)]

    def texts(self, leaf: str) -> list[str]:
        return [message.payload.decode(errors="replace") for message in self.on(leaf)]

    def wait(self, leaf: str, count: int = 1) -> Message:
        """The `count`-th message on a topic."""
        until(lambda: len(self.on(leaf)) >= count, f"{count} on {leaf}; got {self.texts(leaf)}")
        return self.on(leaf)[count - 1]

    def wait_text(self, leaf: str, text: str) -> None:
        until(lambda: text in self.texts(leaf), f"{text} on {leaf}; got {self.texts(leaf)}")

    def wait_attributes(self, name: str, value: Any) -> None:
        """Until the latest attributes say `value` for `name`."""
        until(
            lambda: (said := self.on("attributes")) and said[-1].json[name] == value,
            f"{name} = {value}",
        )

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()


@pytest.fixture
def make_broker(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    made: list[Mosquitto] = []

    def make(lines: str = "allow_anonymous true", start: bool = True) -> Mosquitto:
        made.append(Mosquitto(tmp_path, lines))
        if start:
            made[-1].start()
        return made[-1]

    yield make
    for each in made:
        each.kill()


@pytest.fixture
def broker(make_broker: Callable[..., Mosquitto]) -> Mosquitto:
    return make_broker()


@pytest.fixture
def listen() -> Iterator[Callable[..., Listener]]:
    """Subscribes, and returns when the subscription stands."""
    made: list[Listener] = []

    def make(broker: Mosquitto, *options: str) -> Listener:
        before = broker.log.read_text().count("Sending SUBACK")
        made.append(Listener(broker.port, *options))
        until(
            lambda: broker.log.read_text().count("Sending SUBACK") > before,
            "mosquitto_sub subscribes",
        )
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def make_publisher() -> Iterator[Callable[..., Publisher]]:
    made: list[Publisher] = []

    def make(
        broker: Mosquitto | str,
        publish: Publish | None = None,
        connected: bool = True,
        **settings: Any,
    ) -> Publisher:
        url = broker if isinstance(broker, str) else broker.url
        made.append(
            Publisher(
                Mqtt(broker=url, **settings), publish or Publish(), Device("board"), CATALOGUE
            )
        )
        made[-1].start()
        if connected:
            until(lambda: made[-1].status.connected, f"connected; {made[-1].status.problem}")
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def tools() -> SimpleNamespace:
    """What tests here share; `pub` gives the start of a command that publishes."""

    def pub(broker: Mosquitto, topic: str) -> list[str]:
        return [program("mosquitto_pub"), "-p", str(broker.port), "-t", topic]

    return SimpleNamespace(
        until=until, estimate=estimate, face=face, catalogue=CATALOGUE, pub=pub, program=program
    )
