"""The latest value of every topic, and what the broker has of it.

Nothing is queued: a newer value replaces an older one, and a topic has at most one message under
way. A broker that is slow or away therefore costs the memory of one message a topic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from edge.mqtt.messages import jpeg

Value = bytes | Image.Image
"""a payload, or a picture that becomes JPEG when its turn comes"""
Send = Callable[[str, bytes, bool], int]
"""takes topic, payload, retain; returns the message's id"""


@dataclass
class _Slot:
    retain: bool
    interval_s: float
    value: Value | None = None
    sent: Value | None = None
    """what the broker was given since it connected"""
    under_way: int | None = None
    """id of the message that the broker has not acknowledged"""
    not_before: float = 0.0
    repeat_at: float | None = None


class Outbox:
    """Latest values by topic. Times are seconds of one monotonic clock. For one thread."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._slots: dict[str, _Slot] = {}

    def add(self, topic: str, *, retain: bool, interval_s: float = 0.0) -> None:
        """Know a topic. Its messages are at least `interval_s` apart, the latest value wins."""
        self._slots[topic] = _Slot(retain, interval_s)

    def put(self, topic: str, value: Value) -> None:
        """Replace the value of a topic."""
        self._slots[topic].value = value

    def latest(self, topic: str) -> Value | None:
        """The value that was put last."""
        return self._slots[topic].value

    def again(self, repeat_at: float | None = None) -> None:
        """Send every value again, as to a broker that knows nothing.

        What is not retained is sent once more at `repeat_at`: a consumer that learns of a topic
        by a retained message needs a moment to subscribe to it.
        """
        for slot in self._slots.values():
            slot.sent = None
            slot.repeat_at = None if slot.retain else repeat_at

    def flush(self, now: float, hurry: bool = False) -> float | None:
        """Send what is due, in a hurry also what is early.

        Returns the time at which something will be due, or None.
        """
        due: list[float] = []
        for topic, slot in self._slots.items():
            if slot.repeat_at is not None and now >= slot.repeat_at:
                slot.sent = slot.repeat_at = None
            value = slot.value
            if value is None or value is slot.sent or slot.under_way is not None:
                pass
            elif now < slot.not_before and not hurry:
                due.append(slot.not_before)
            else:
                if value != slot.sent:  # last, for comparing pictures takes time
                    payload = value if isinstance(value, bytes) else jpeg(value)
                    slot.under_way = self._send(topic, payload, slot.retain)
                    slot.not_before = now + slot.interval_s
                slot.sent = value
            if slot.repeat_at is not None:
                due.append(slot.repeat_at)
        return min(due, default=None)

    def acknowledged(self, message: int) -> str | None:
        """The broker has answered a message. Returns its topic, None for one that is not ours."""
        for topic, slot in self._slots.items():
            if slot.under_way == message:
                slot.under_way = None
                return topic
        return None

    def settled(self) -> bool:
        """Whether the broker has acknowledged the latest value of every topic."""
        return all(
            slot.under_way is None and (slot.value is None or slot.sent == slot.value)
            for slot in self._slots.values()
        )
