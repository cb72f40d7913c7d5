"""`s2f-edge run --source FILE` against a real broker, seen by `mosquitto_sub`."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

Run = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def run() -> Iterator[Run]:
    """Starts `s2f-edge run` with arguments."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str | Path) -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "edge", "run", *map(str, arguments)],
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_voice_is_published_as_it_is_heard(run: Run, broker, listen, woman: Path) -> None:
    listener = listen(broker)
    process = run("--source", woman, "--display", "none", "--broker", broker.url)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    listener.wait_text("availability", "offline")

    assert listener.texts("availability") == ["online", "offline"]
    states = listener.texts("/state")
    assert states[:3] == ["idle", "listening", "speaking"]

    attributes = [message.json for message in listener.on("attributes")]
    heard = [each for each in attributes if each["evidence_s"]]
    evidence = [each["evidence_s"] for each in heard]
    assert evidence[0] <= 1.5
    assert evidence == sorted(evidence)
    assert evidence[-1] > 3
    assert heard[-1]["gender"]["value"] == "female"
    assert heard[-1]["age"]["low"] < heard[-1]["age"]["high"]
    assert all("ethnicity" not in each for each in attributes)
    assert all("feature" not in each for each in attributes)

    announced = {m.topic for m in listener.messages if m.topic.startswith("homeassistant/")}
    for entity in ("gender", "age", "state", "speech"):
        assert any(f"/{entity}/config" in topic for topic in announced), announced
    assert listener.on("/face") == []


def test_who_comes_late_gets_availability_and_discovery_and_a_kill_leaves_offline(
    run: Run, broker, listen, woman: Path
) -> None:
    first = listen(broker)
    process = run("--source", woman, "--display", "none", "--broker", broker.url)
    first.wait_text("/state", "speaking")

    late = listen(broker)
    late.wait_text("availability", "online")
    late.wait("gender/config")
    assert late.on("availability")[0].retained
    assert late.on("gender/config")[0].retained
    assert not any(message.retained for message in late.on("attributes"))

    process.send_signal(signal.SIGKILL)
    late.wait_text("availability", "offline")
    after = listen(broker)
    after.wait_text("availability", "offline")


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_good_order(run: Run, broker, listen, woman: Path, ending: int) -> None:
    listener = listen(broker)
    process = run("--source", woman, "--display", "none", "--broker", broker.url)
    listener.wait_text("/state", "speaking")
    process.send_signal(ending)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in err
    listener.wait_text("availability", "offline")
    # It said good-bye itself: the broker did not have to send the last will.
    assert "Received DISCONNECT from speech2face" in broker.log.read_text()


def test_the_face_is_sent_only_when_it_is_switched_on(
    run: Run, broker, listen, woman: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(
        f'[mqtt]\nbroker = "{broker.url}"\n[publish]\nface = true\ngender = false\n'
    )
    listener = listen(broker)
    process = run("--source", woman, "--display", "none", "--config", settings)
    assert process.wait(60) == 0
    assert listener.wait("/face").payload.startswith(b"\xff\xd8\xff")
    assert all("gender" not in message.json for message in listener.on("attributes"))


def test_a_broker_that_is_down_does_not_stop_it(run: Run, make_broker, listen, woman: Path) -> None:
    broker = make_broker(start=False)
    process = run("--source", woman, "--display", "none", "--broker", broker.url)
    broker.start()
    listener = listen(broker)
    listener.wait_text("availability", "online")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in err
    assert listener.on("attributes")


def test_muted_over_mqtt(run: Run, broker, listen, tools, woman: Path) -> None:
    listener = listen(broker)
    process = run("--source", woman, "--display", "none", "--broker", broker.url)
    listener.wait_text("/state", "speaking")
    command = tools.pub(broker, "speech2face/speech2face/set/mute")
    subprocess.run([*command, "-m", "ON"], check=True)
    listener.wait_text("/state", "muted")
    listener.wait_attributes("evidence_s", 0.0)
    subprocess.run([*command, "-m", "OFF"], check=True)
    tools.until(lambda: listener.texts("/state")[-1] != "muted", "sound again")
    assert process.wait(60) == 0


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://broker", "mqtt://HOST"),
        ("mqtt://user:secret@broker", "password_file"),
        ("nonsense", "mqtt://HOST"),
    ],
)
def test_an_address_that_cannot_be(s2f_edge, woman: Path, url: str, words: str) -> None:
    refused = s2f_edge("run", "--source", woman, "--display", "none", "--broker", url)
    assert refused.code == 2
    assert words in refused.err.splitlines()[-1]
    assert "secret" not in refused.err


def test_a_delegate_crashes_in_the_middle_and_the_face_goes_on(
    run: Run, broker, listen, woman: Path, accelerator: Path, tmp_path: Path
) -> None:
    """The evidence grows as if nothing had happened, and the broker hears of both changes."""
    file = tmp_path / "settings.toml"
    once = tmp_path / "broke"
    file.write_text(
        f'[inference]\ndelegate = "{accelerator}"\n[inference.delegate_options]\n'
        f'mode = "crash"\nafter = "60"\nonce = "{once}"\n'
    )
    listener = listen(broker)
    process = run("--config", file, "--source", woman, "--display", "none", "--broker", broker.url)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert once.exists()
    assert "event=delegate_failed stage=voice" in err
    assert "SIGSEGV" in err
    listener.wait_text("availability", "offline")

    health = [message.json["voice"] for message in listener.on("health") if message.json]
    places = [each["running_on"] for each in health]
    lost = places.index("cpu", places.index("delegate"))
    assert "SIGSEGV" in health[lost]["reason"]
    assert places[-1] == "delegate"  # taken back within the back-off
    assert health[-1]["failures"] == 1

    attributes = [message.json for message in listener.on("attributes")]
    evidence = [each["evidence_s"] for each in attributes if each["evidence_s"]]
    steps = {round(b - a, 1) for a, b in pairwise(evidence)}
    assert steps <= {0.0, 0.5}
    assert evidence[-1] > 3
