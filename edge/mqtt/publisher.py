"""Publishes scenes: the only thing here that talks to a broker.

Two threads: paho's, whose callbacks do nothing but note what happened (an exception there would
end the connection for good, a wait there would hang it), and a worker, which owns everything else.
"""

from __future__ import annotations

import logging
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.reasoncodes import ReasonCode

from edge.mqtt import home_assistant, messages
from edge.mqtt.broker import broker, client, refusal
from edge.mqtt.catalogue import Catalogue
from edge.mqtt.outbox import Outbox
from edge.mqtt.topics import MUTE, UNMUTE, Topics
from edge.scene import Scene
from edge.settings import Device, Mqtt, Publish

logger = logging.getLogger(__name__)

ATTRIBUTES_INTERVAL_S = 0.25
FACE_INTERVAL_S = 1.0
REPEAT_AFTER_S = 3.0
"""Home Assistant subscribes to an entity's topics a moment after its announcement"""
KEEPALIVE_S = 30
RECONNECT_S = (1, 30)
"""shortest and longest wait between attempts; doubles each time"""
STABLE_S = 10.0
"""a connection that holds so long is a good one"""
FLAPPING = 3
"""losses without a good connection in between that mean: two boards with one name"""
CLOSE_S = 1.5
"""longest wait for the broker in each of the three steps of closing"""


@dataclass(frozen=True)
class Status:
    """How the connection stands."""

    connected: bool
    problem: str
    """what is wrong and what to do, in whole sentences; empty when all is well"""


class Publisher:
    """Shows scenes to an MQTT broker. Use it like a display.

    `mqtt.broker` must not be empty. Raises UsageError for an address, a password file or a
    certificate that cannot be used; a broker that is away or refuses is no error: it is logged
    once, told by `status`, and tried again.
    """

    name = "mqtt"

    def __init__(self, mqtt: Mqtt, publish: Publish, device: Device, catalogue: Catalogue) -> None:
        self._settings = mqtt
        self._broker = broker(mqtt)
        self._switched_on = publish.attributes()
        self._announced = catalogue.only(self._switched_on)
        self._face = publish.face
        self.topics = topics = Topics(mqtt.base_topic, device.name)
        prefix = mqtt.discovery_prefix
        self._birth = f"{prefix}/status"
        self._discovery = (
            home_assistant.discovery(prefix, topics, catalogue, self._switched_on, publish.face)
            if mqtt.discovery
            else home_assistant.nothing(prefix, topics, catalogue)
        )

        self._scenes: deque[Scene] = deque(maxlen=1)
        self._events: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._wake = Event()
        self._closing = Event()
        self._worker = Thread(target=self._work, name="mqtt", daemon=True)
        self._connected = False
        self._connected_at = 0.0
        self._losses = 0
        self._problem = ""
        self._mute: Callable[[bool], None] | None = None
        self._refused: frozenset[str] = frozenset()

        self._client = client(self._broker, mqtt.protocol, topics.identity)
        self._client.will_set(topics.availability, b"offline", qos=1, retain=True)
        self._client.reconnect_delay_set(*RECONNECT_S)
        self._listen()
        self._outbox = Outbox(self._send)
        # The order here is the order on the wire.
        for topic, payload in self._discovery.items():
            self._outbox.add(topic, retain=True)
            self._outbox.put(topic, payload)
        for topic in (topics.availability, topics.state, topics.fault, topics.health):
            self._outbox.add(topic, retain=True)
        self._outbox.add(topics.attributes, retain=False, interval_s=ATTRIBUTES_INTERVAL_S)
        self._outbox.add(topics.face, retain=False, interval_s=FACE_INTERVAL_S)
        self._outbox.put(topics.availability, b"online")

    @property
    def status(self) -> Status:
        """How the connection stands now. From any thread."""
        problem = self._problem
        refused = sorted(self._refused)
        if not problem and refused:
            problem = (
                f"The broker does not let this board write to {len(refused)} of its topics, "
                f"first {refused[0]}: allow them in the broker's access list."
            )
        return Status(self._connected, problem)

    def start(self) -> None:
        """Start connecting; returns at once."""
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=KEEPALIVE_S)
        self._client.loop_start()
        self._worker.start()

    def obey(self, mute: Callable[[bool], None]) -> None:
        """Call `mute` with what comes on `set/mute`, in the publisher's thread."""
        self._mute = mute

    def show(self, scene: Scene) -> None:
        """Take over a scene; returns at once. A newer one replaces it."""
        self._scenes.append(scene)
        self._wake.set()

    def close(self) -> None:
        """Publish what is left and `offline`, and disconnect. May be called twice.

        Takes at most a few seconds, also when the broker does not answer.
        """
        if self._closing.is_set():
            return
        self._closing.set()
        self._wake.set()
        if self._worker.is_alive():
            self._worker.join(2 * CLOSE_S)
        if self._connected:
            last = self._client.publish(self.topics.availability, b"offline", qos=1, retain=True)
            if last.rc == paho.MQTT_ERR_SUCCESS:
                last.wait_for_publish(CLOSE_S)
        self._client.disconnect()
        # loop_stop waits without limit, e.g. for a name server
        stop = Thread(target=self._client.loop_stop, daemon=True)
        stop.start()
        stop.join(CLOSE_S)
        self._connected = False

    def _listen(self) -> None:
        client, note = self._client, self._note
        client.on_connect = lambda _c, _u, _f, reason, _p: note(self._on_answer, reason)
        # paho calls this while it handles the error, and does not hand it over
        client.on_connect_fail = lambda _c, _u: note(self._on_unreachable, sys.exc_info()[1])
        client.on_disconnect = lambda _c, _u, _f, reason, _p: note(self._on_lost, reason)
        client.on_publish = lambda _c, _u, message, reason, _p: note(self._on_ack, message, reason)
        client.on_message = lambda _c, _u, message: note(self._on_message, message)

    def _note(self, handler: Callable[..., None], *arguments: object) -> None:
        """In paho's thread: have the worker call `handler`."""
        self._events.append((handler, arguments))
        self._wake.set()

    def _send(self, topic: str, payload: bytes, retain: bool) -> int:
        # paho keeps the message also if the connection has just gone, and sends it on the next:
        # it stays under way until the broker acknowledges it.
        return self._client.publish(topic, payload, qos=1, retain=retain).mid

    def _work(self) -> None:
        due: float | None = None
        give_up: float | None = None
        while True:
            wait = STABLE_S if due is None else min(due - time.monotonic(), STABLE_S)
            self._wake.wait(max(0.0, wait))
            self._wake.clear()
            closing, now = self._closing.is_set(), time.monotonic()
            try:
                if self._connected and self._losses and now - self._connected_at > STABLE_S:
                    self._losses, self._problem = 0, ""
                while self._events:
                    handler, arguments = self._events.popleft()
                    handler(*arguments)
                if self._scenes:
                    self._take(self._scenes.popleft())
                due = self._outbox.flush(now, hurry=closing) if self._connected else None
            except Exception:
                # the connection outlives a scene that cannot be published
                logger.exception("mqtt=bug")
                due = None
            if closing:
                give_up = give_up or now + CLOSE_S
                if not self._connected or self._outbox.settled() or now >= give_up:
                    return
                due = give_up

    def _take(self, scene: Scene) -> None:
        """Turn a scene into the latest values."""
        put = self._outbox.put
        put(self.topics.state, str(scene.state).encode())
        put(self.topics.fault, messages.fault(scene.message))
        put(self.topics.health, messages.health(scene.delegates))
        put(
            self.topics.attributes,
            messages.attributes(scene.estimate, self._announced, self._switched_on),
        )
        if self._face:
            shown = self._outbox.latest(self.topics.face)
            if scene.face is not None:
                put(self.topics.face, scene.face)
            elif shown is not None and not isinstance(shown, bytes):
                put(self.topics.face, messages.blank(shown))

    def _on_answer(self, reason: ReasonCode) -> None:
        if reason.is_failure:
            self._say(refusal(str(reason), self._settings))
            return
        self._connected = True
        self._connected_at = time.monotonic()
        if self._losses < FLAPPING:
            self._problem = ""
            logger.info("mqtt=connected broker=%r", self._broker)
        self._client.subscribe(self.topics.set_mute, qos=1)
        if self._settings.discovery:
            self._client.subscribe(self._birth, qos=1)
        self._announce()

    def _on_unreachable(self, error: BaseException | None) -> None:
        self._say(
            f"The broker {self._broker!r} cannot be reached: {error}. "
            "Check [mqtt] broker and that the broker runs; trying again."
        )

    def _on_lost(self, reason: ReasonCode) -> None:
        if self._connected:
            self._connected = False
            if self._closing.is_set():
                return
            self._losses += 1
            self._say(
                f"The connection to the broker {self._broker!r} was lost ({reason}); trying again."
                if self._losses < FLAPPING
                else "The broker drops the connection again and again. Most likely another board "
                f"is also called {self.topics.device!r}: give every board its own [device] name."
            )
        elif not self._problem:
            self._say(
                f"The broker {self._broker!r} closes the connection without an answer. "
                "Check that its port speaks MQTT, with TLS for mqtts only, "
                'or set [mqtt] protocol = "3.1.1" for an old broker.'
            )

    def _on_ack(self, message: int, reason: ReasonCode) -> None:
        topic = self._outbox.acknowledged(message)
        if topic is None:
            return
        # removing what was never there need not be allowed
        if not reason.is_failure or self._discovery.get(topic) == home_assistant.REMOVED:
            self._refused -= {topic}
        elif topic not in self._refused:
            self._refused |= {topic}
            logger.warning("mqtt=refused topic=%s reason=%r", topic, str(reason))

    def _on_message(self, message: paho.MQTTMessage) -> None:
        # A retained one is from before we came. Of the birth: everything has just been published.
        # Of a command: nobody wants the microphone opened by what was said last year.
        if message.retain:
            logger.info("mqtt=ignored topic=%s reason=retained", message.topic)
        elif message.topic == self.topics.set_mute:
            self._command(bytes(message.payload))
        elif message.payload == b"online":
            logger.info("mqtt=announce because=%s", self._birth)
            self._announce()

    def _command(self, payload: bytes) -> None:
        word = payload[:16].decode(errors="replace").strip().upper()
        if word not in (MUTE, UNMUTE):
            logger.warning("mqtt=not_understood topic=%s payload=%r", self.topics.set_mute, word)
        elif self._mute is not None:
            logger.info("mqtt=command mute=%s", word)
            self._mute(word == MUTE)

    def _announce(self) -> None:
        repeat = time.monotonic() + REPEAT_AFTER_S if self._settings.discovery else None
        self._outbox.again(repeat)

    def _say(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            logger.warning("mqtt=disconnected problem=%r", problem)
