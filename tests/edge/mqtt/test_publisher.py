"""The publisher against a real mosquitto."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from PIL import Image

from edge.mqtt.publisher import ATTRIBUTES_INTERVAL_S
from edge.scene import CAPTION, Scene
from edge.settings import Publish
from edge.state import State


def test_states_and_attributes_as_they_change(broker, listen, make_publisher, tools):
    listener = listen(broker)
    publisher = make_publisher(broker)
    listener.wait_text("board/availability", "online")

    publisher.show(Scene(State.LISTENING))
    listener.wait_text("board/state", "listening")
    publisher.show(Scene(State.SPEAKING, tools.estimate(evidence_s=1.0, age=30)))
    listener.wait_text("board/state", "speaking")
    listener.wait_attributes("evidence_s", 1.0)
    publisher.show(Scene(State.SPEAKING, tools.estimate(evidence_s=5.84, age=34)))
    listener.wait_attributes("evidence_s", 5.8)

    said = listener.on("attributes")[-1].json
    assert said["gender"] == {
        "value": "female",
        "probability": 0.97,
        "scores": {"female": 0.97, "male": 0.03},
    }
    assert said["age"] == {"value": 34, "low": 24, "high": 47, "unit": "y", "coverage": 0.8}
    assert said["craniofacial"] == {"nasal_index": 68.123, "facial_index": 88.0}
    assert said["bundle"] == "test"
    assert said["caption"] == CAPTION
    assert listener.texts("board/state") == ["listening", "speaking"]


def test_a_fault_says_what_to_do(broker, listen, make_publisher):
    listener = listen(broker)
    publisher = make_publisher(broker)
    publisher.show(Scene(State.FAULT, message="No microphone. Plug one in."))
    listener.wait_text("board/state", "fault")
    assert listener.wait("board/fault").json == {"message": "No microphone. Plug one in."}
    publisher.show(Scene(State.IDLE))
    assert listener.wait("board/fault", 2).json == {"message": None}


def test_a_cleared_estimate_leaves_nothing_stale(broker, listen, make_publisher, tools):
    listener = listen(broker)
    publisher = make_publisher(broker, Publish(face=True))
    publisher.show(Scene(State.SPEAKING, tools.estimate(), tools.face()))
    listener.wait("board/face")
    publisher.show(Scene(State.IDLE))
    listener.wait_text("board/state", "idle")
    listener.wait_attributes("bundle", None)
    said = listener.on("attributes")[-1].json
    assert said["gender"]["value"] is None
    assert "scores" not in said["gender"]
    assert said["age"]["value"] is None
    assert said["craniofacial"] == {"nasal_index": None, "facial_index": None}
    assert said["evidence_s"] == 0.0
    blank = Image.open(io.BytesIO(listener.wait("board/face", 2).payload))
    assert blank.getextrema() == ((24, 24),) * 3


def test_abstaining_keeps_reason_and_scores(broker, listen, make_publisher, tools):
    listener = listen(broker)
    make_publisher(broker).show(Scene(State.SPEAKING, tools.estimate(gender=None)))
    assert listener.wait("attributes").json["gender"] == {
        "value": None,
        "reason": "not certain enough",
        "scores": {"female": 0.97, "male": 0.03},
    }


def test_a_late_subscriber_gets_what_is_retained_and_no_attributes(
    broker, listen, make_publisher, tools
):
    early = listen(broker)
    publisher = make_publisher(broker, Publish(face=True))
    publisher.show(Scene(State.HOLDING, tools.estimate(), tools.face()))
    early.wait("attributes")
    early.wait("board/face")
    late = listen(broker)
    late.wait_text("board/availability", "online")
    late.wait_text("board/state", "holding")
    late.wait("speech2face_board/gender/config")
    # those three arrive in any order; what is not retained would be among the first as well
    tools.until(lambda: len([m for m in late.messages if m.retained]) >= 11, "all retained")
    assert not [m for m in late.messages if m.retained and m.topic.endswith(("attributes", "face"))]


def test_ethnicity_and_face_are_absent_by_default(broker, listen, make_publisher, tools):
    listener = listen(broker)
    publisher = make_publisher(broker)
    publisher.show(Scene(State.SPEAKING, tools.estimate(), tools.face()))
    listener.wait("attributes")
    publisher.close()
    listener.wait_text("board/availability", "offline")
    assert not listener.on("board/face")
    for message in listener.messages:
        assert b"ethnicity" not in message.payload
        assert b"feature" not in message.payload
        if "ethnicity" in message.topic or "/image/" in message.topic:
            assert message.payload == b""


def test_ethnicity_and_face_when_switched_on(broker, listen, make_publisher, tools):
    listener = listen(broker)
    publisher = make_publisher(broker, Publish(ethnicity=True, face=True))
    publisher.show(Scene(State.SPEAKING, tools.estimate(), tools.face()))
    assert listener.wait("attributes").json["ethnicity"]["value"] == "white"
    picture = Image.open(io.BytesIO(listener.wait("board/face").payload))
    assert picture.format == "JPEG"
    assert picture.size == (96, 96)
    assert picture.info["comment"].decode() == CAPTION
    picture.load()


def test_everything_off_publishes_states_only(broker, listen, make_publisher, tools):
    listener = listen(broker)
    publisher = make_publisher(broker, Publish(gender=False, age=False, craniofacial=False))
    publisher.show(Scene(State.SPEAKING, tools.estimate()))
    assert set(listener.wait("attributes").json) == {"evidence_s", "bundle", "runtime", "caption"}


def test_the_same_is_not_said_twice_and_attributes_are_paced(broker, listen, make_publisher, tools):
    listener = listen(broker)
    publisher = make_publisher(broker, discovery=False)
    same = Scene(State.SPEAKING, tools.estimate(evidence_s=0.5))
    for _ in range(50):
        publisher.show(same)
        time.sleep(0.002)
    started = time.monotonic()
    for step in range(100):
        publisher.show(Scene(State.SPEAKING, tools.estimate(evidence_s=1 + step)))
        time.sleep(0.01)
    listener.wait_attributes("evidence_s", 100)
    allowed = (time.monotonic() - started) / ATTRIBUTES_INTERVAL_S + 3
    seen = [message.json["evidence_s"] for message in listener.on("attributes")]
    assert seen == sorted(set(seen))
    assert 3 <= len(seen) <= allowed
    assert listener.texts("board/state") == ["speaking"]


def test_closing_publishes_what_is_left_then_offline(broker, listen, make_publisher, tools):
    listener = listen(broker)
    publisher = make_publisher(broker)
    for step in range(5):
        publisher.show(Scene(State.SPEAKING, tools.estimate(evidence_s=step)))
    publisher.show(Scene(State.HOLDING, tools.estimate(evidence_s=9)))
    publisher.close()
    publisher.close()
    listener.wait_text("board/availability", "offline")
    assert listener.texts("board/state")[-1] == "holding"
    assert listener.on("attributes")[-1].json["evidence_s"] == 9
    assert listener.messages[-1].topic.endswith("availability")
    assert not publisher.status.connected


def test_a_killed_process_leaves_offline(broker, listen, tools):
    listener = listen(broker)
    program = (
        "import time\n"
        "from edge.mqtt.catalogue import Catalogue\n"
        "from edge.mqtt.publisher import Publisher\n"
        "from edge.settings import Device, Mqtt, Publish\n"
        f"mqtt = Mqtt(broker={broker.url!r})\n"
        "Publisher(mqtt, Publish(), Device('board'), Catalogue()).start()\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program])
    try:
        listener.wait_text("board/availability", "online")
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    listener.wait_text("board/availability", "offline")
    late = listen(broker)
    assert late.wait("board/availability").payload == b"offline"


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_broker_that_lost_everything_gets_everything(
    protocol, make_broker, listen, make_publisher, tools
):
    broker = make_broker()
    publisher = make_publisher(broker, protocol=protocol)
    publisher.show(Scene(State.SPEAKING, tools.estimate()))
    listen(broker).wait_text("board/state", "speaking")
    broker.kill()
    tools.until(lambda: not publisher.status.connected, "loss is noticed")
    assert "trying again" in publisher.status.problem
    publisher.show(Scene(State.HOLDING, tools.estimate(evidence_s=7)))
    broker.start()
    listener = listen(broker)
    listener.wait_text("board/availability", "online")
    listener.wait_text("board/state", "holding")
    listener.wait("speech2face_board/age/config")
    assert listener.wait("attributes").json["evidence_s"] == 7
    tools.until(lambda: publisher.status.connected, "status")
    assert publisher.status.problem == ""
    assert "speaking" not in listener.texts("board/state")[1:]


def test_nothing_grows_while_the_broker_is_away(make_broker, listen, make_publisher, tools, caplog):
    broker = make_broker(start=False)
    publisher = make_publisher(broker, Publish(face=True), connected=False)
    tools.until(lambda: publisher.status.problem, "a problem")
    assert "cannot be reached" in publisher.status.problem

    def show(count: int) -> None:
        for step in range(count):
            publisher.show(
                Scene(State.SPEAKING, tools.estimate(evidence_s=step), tools.face(step % 256))
            )
            time.sleep(0.0005)

    show(200)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        show(3000)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 200_000  # a queue of 3000 messages would take more than 2 MB
    # every attempt fails the same way: that is worth one line
    assert len([r for r in caplog.records if "cannot be reached" in r.getMessage()]) == 1

    publisher.show(Scene(State.MUTED))
    broker.start()
    listener = listen(broker)
    listener.wait_text("board/state", "muted")
    assert listener.texts("board/state") == ["muted"]


def test_home_assistants_birth_brings_everything_again(broker, listen, make_publisher, tools):
    publisher = make_publisher(broker)
    publisher.show(Scene(State.HOLDING, tools.estimate()))
    listen(broker).wait_text("board/state", "holding")
    listener = listen(broker)
    listener.wait("speech2face_board/gender/config")
    for word in ("offline", "online"):
        subprocess.run([*tools.pub(broker, "homeassistant/status"), "-m", word], check=True)
    assert not listener.wait("speech2face_board/gender/config", 2).retained
    listener.wait("board/availability", 2)
    listener.wait("board/state", 2)
    assert listener.wait("attributes").json["age"]["value"] == 34
    # and once more, when Home Assistant has had time to subscribe
    listener.wait("attributes", 2)


def test_birth_that_is_no_text_does_no_harm(broker, listen, make_publisher, tools, tmp_path):
    publisher = make_publisher(broker)
    odd = tmp_path / "odd"
    odd.write_bytes(b"\xff\xfe\x00")
    subprocess.run(
        [*tools.pub(broker, "homeassistant/status"), "-f", str(odd)],
        check=True,
    )
    listener = listen(broker)
    publisher.show(Scene(State.MUTED))
    listener.wait_text("board/state", "muted")


@pytest.fixture
def guarded(make_broker, tmp_path, tools):
    """A broker with users `board` and `reader`; the board may write its own topics only."""
    passwords = tmp_path / "passwd"
    make = [tools.program("mosquitto_passwd"), "-b"]
    subprocess.run([*make, "-c", passwords, "board", "secret"], check=True, capture_output=True)
    subprocess.run([*make, passwords, "reader", "r"], check=True, capture_output=True)
    passwords.chmod(0o600)
    acl = tmp_path / "acl"
    acl.write_text("user reader\ntopic read #\nuser board\ntopic write speech2face/board/#\n")
    acl.chmod(0o600)
    return make_broker(f"allow_anonymous false\npassword_file {passwords}\nacl_file {acl}")


def login(tmp_path, password: str) -> dict[str, str]:
    path = tmp_path / "password"
    path.write_text(f"{password}\n")
    path.chmod(0o600)
    return {"username": "board", "password_file": str(path)}


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_wrong_password_is_told_once(protocol, guarded, make_publisher, tools, tmp_path, caplog):
    publisher = make_publisher(
        guarded, connected=False, protocol=protocol, **login(tmp_path, "wrong")
    )
    tools.until(lambda: publisher.status.problem, "a problem")
    assert "refuses user 'board'" in publisher.status.problem
    assert "password_file" in publisher.status.problem
    tools.until(lambda: guarded.log.read_text().count("not authorised") >= 2, "a second attempt")
    told = [r.getMessage() for r in caplog.records if r.name == "edge.mqtt.publisher"]
    assert len(told) == 1
    assert "wrong" not in told[0].replace("wrong password", "")


def test_no_login_where_one_is_needed(guarded, make_publisher, tools):
    publisher = make_publisher(guarded, connected=False)
    tools.until(lambda: publisher.status.problem, "a problem")
    assert "a client without user name" in publisher.status.problem


def test_topics_that_the_access_list_denies_are_named(
    guarded, listen, make_publisher, tools, tmp_path, caplog
):
    listener = listen(guarded, "-u", "reader", "-P", "r")
    publisher = make_publisher(guarded, **login(tmp_path, "secret"))
    publisher.show(Scene(State.LISTENING))
    listener.wait_text("board/state", "listening")
    tools.until(lambda: publisher.status.problem, "a problem")
    assert "homeassistant/" in publisher.status.problem
    assert publisher.status.connected

    def named() -> list[str]:
        return [r.getMessage() for r in caplog.records if "mqtt=refused" in r.getMessage()]

    # state, speech, evidence, gender, age, two measures; but not what is only removed
    tools.until(lambda: len(named()) >= 7, "all denials")
    assert any("gender/config" in line and "Not authorized" in line for line in named())
    assert not any("ethnicity" in line for line in named())
    assert len(named()) == len(set(named()))


def test_3_1_1_speaks_it(broker, listen, make_publisher):
    listener = listen(broker)
    publisher = make_publisher(broker, protocol="3.1.1")
    publisher.show(Scene(State.IDLE))
    listener.wait_text("board/state", "idle")
    assert "as speech2face_board (p2," in broker.log.read_text()
    publisher.close()
    listener.wait_text("board/availability", "offline")


def test_5_is_the_default(broker, make_publisher):
    make_publisher(broker)
    assert "as speech2face_board (p5," in broker.log.read_text()


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_two_boards_with_one_name_are_told_so_once(protocol, broker, make_publisher, tools, caplog):
    both = [make_publisher(broker, protocol=protocol) for _ in range(2)]
    tools.until(
        lambda: all("own [device] name" in each.status.problem for each in both), "a warning"
    )
    losses = broker.log.read_text().count("already connected")
    tools.until(lambda: broker.log.read_text().count("already connected") > losses + 2, "go on")
    told = [r.getMessage() for r in caplog.records if "own [device] name" in r.getMessage()]
    assert len(told) == 2


def test_tls(make_broker, make_publisher, tools, tmp_path):
    for name in ("ours", "foreign"):
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
                *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
                *("-keyout", tmp_path / f"{name}.key", "-out", tmp_path / f"{name}.pem"),
            ],
            check=True,
            capture_output=True,
        )
    broker = make_broker(
        f"allow_anonymous true\ncertfile {tmp_path}/ours.pem\nkeyfile {tmp_path}/ours.key"
    )
    url = f"mqtts://127.0.0.1:{broker.port}"
    for settings in ({}, {"ca_file": str(tmp_path / "foreign.pem")}):
        stranger = make_publisher(url, connected=False, **settings)
        tools.until(lambda it=stranger: it.status.problem, "a problem")
        assert "CERTIFICATE_VERIFY_FAILED" in stranger.status.problem
        stranger.close()
    make_publisher(url, ca_file=str(tmp_path / "ours.pem"))


@contextmanager
def listener_that(handle: Callable[[socket.socket], None]) -> Iterator[str]:
    """A TCP server that is no MQTT broker; its address."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def serve() -> None:
            with suppress(OSError):  # the test is over
                while True:
                    handle(server.accept()[0])

        threading.Thread(target=serve, daemon=True).start()
        yield f"mqtt://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def test_closing_is_bounded_when_the_broker_hangs(make_publisher):
    kept = []
    with listener_that(kept.append) as url:
        publisher = make_publisher(url, connected=False)
        publisher.show(Scene(State.IDLE))
        closing = threading.Thread(target=publisher.close, daemon=True)
        closing.start()
        closing.join(30)
        assert not closing.is_alive()


def test_a_port_without_mqtt_is_told(tools, make_publisher):
    with listener_that(lambda connection: connection.close()) as url:
        publisher = make_publisher(url, connected=False)
        tools.until(lambda: publisher.status.problem, "a problem")
        assert "without an answer" in publisher.status.problem


def test_a_packet_that_cannot_be_read_does_not_end_it(tools, make_publisher):
    connections = 0

    def answer(connection: socket.socket) -> None:
        nonlocal connections
        connections += 1
        connection.recv(4096)
        # CONNACK whose properties are cut off
        connection.sendall(b"\x20\x05\x00\x00\x7f\x12\x00")

    with listener_that(answer) as url:
        make_publisher(url, connected=False)
        tools.until(lambda: connections >= 2, "a second attempt")


@pytest.mark.parametrize("discovery", [True, False])
def test_commands_to_mute(broker, make_publisher, tools, discovery, caplog):
    caplog.set_level("INFO")
    publisher, asked = make_publisher(broker, discovery=discovery), []
    publisher.obey(asked.append)
    tools.until(lambda: "board/set/mute" in broker.log.read_text(), "the subscription")
    for word in ("ON", "off", "perhaps", "", "ON"):
        subprocess.run([*tools.pub(broker, "speech2face/board/set/mute"), "-m", word], check=True)
    tools.until(lambda: len(asked) == 3, f"three commands; got {asked}")
    assert asked == [True, False, True]
    assert sum("mqtt=not_understood" in line for line in caplog.messages) == 2


def test_a_command_that_the_broker_kept_is_not_obeyed(broker, make_publisher, tools, caplog):
    caplog.set_level("INFO")
    command = tools.pub(broker, "speech2face/board/set/mute")
    subprocess.run([*command, "-r", "-m", "OFF"], check=True)
    publisher, asked = make_publisher(broker), []
    publisher.obey(asked.append)
    tools.until(lambda: "reason=retained" in caplog.text, "the old command")
    assert asked == []
    subprocess.run([*command, "-r", "-m", "ON"], check=True)  # a new one, kept or not
    tools.until(lambda: asked == [True], "the new command")
