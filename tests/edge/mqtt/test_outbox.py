"""Latest wins, one message under way, pacing: on a clock of its own."""

from __future__ import annotations

from edge.mqtt.outbox import Outbox


class Wire:
    """Takes messages as a connection would."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []

    def __call__(self, topic: str, payload: bytes, retain: bool) -> int:
        self.sent.append((topic, payload))
        return len(self.sent)


def outbox(interval_s: float = 0.0, retain: bool = True) -> tuple[Wire, Outbox]:
    wire = Wire()
    box = Outbox(wire)
    box.add("t", retain=retain, interval_s=interval_s)
    return wire, box


def test_one_message_under_way_and_the_latest_next():
    wire, box = outbox()
    for value in (b"1", b"2", b"3"):
        box.put("t", value)
        box.flush(0.0)
    assert wire.sent == [("t", b"1")]
    assert not box.settled()
    assert box.acknowledged(1) == "t"
    box.flush(0.0)
    assert wire.sent == [("t", b"1"), ("t", b"3")]
    box.acknowledged(2)
    assert box.settled()


def test_a_new_connection_waits_for_the_message_under_way():
    # paho sends it again; the newer value must not overtake it
    wire, box = outbox()
    box.put("t", b"old")
    box.flush(0.0)
    box.put("t", b"new")
    box.again()
    box.flush(1.0)
    assert wire.sent == [("t", b"old")]
    box.acknowledged(1)
    box.flush(1.0)
    assert wire.sent[-1] == ("t", b"new")


def test_the_same_is_sent_once_and_again_when_asked():
    wire, box = outbox()
    box.put("t", b"1")
    box.flush(0.0)
    box.acknowledged(1)
    box.put("t", bytes(bytearray(b"1")))
    box.flush(1.0)
    assert len(wire.sent) == 1
    box.again()
    box.flush(2.0)
    assert len(wire.sent) == 2


def test_pacing():
    wire, box = outbox(interval_s=0.25)
    box.put("t", b"1")
    assert box.flush(10.0) is None
    box.acknowledged(1)
    box.put("t", b"2")
    assert box.flush(10.1) == 10.25
    assert len(wire.sent) == 1
    box.flush(10.25)
    assert wire.sent[-1] == ("t", b"2")
    box.acknowledged(2)
    box.put("t", b"3")
    box.flush(10.3, hurry=True)
    assert wire.sent[-1] == ("t", b"3")


def test_only_what_is_not_retained_is_repeated():
    for retain, count in ((True, 1), (False, 2)):
        wire, box = outbox(retain=retain)
        box.put("t", b"1")
        box.again(repeat_at=3.0)
        assert box.flush(0.0) == (None if retain else 3.0)
        box.acknowledged(1)
        assert box.flush(3.0) is None
        assert len(wire.sent) == count


def test_pictures_are_compared_by_what_they_show(tools):
    wire, box = outbox()
    box.put("t", tools.face(10))
    box.flush(0.0)
    box.acknowledged(1)
    box.put("t", tools.face(10))
    box.flush(1.0)
    assert len(wire.sent) == 1
    box.put("t", tools.face(20))
    box.flush(2.0)
    assert len(wire.sent) == 2
    assert wire.sent[1][1].startswith(b"\xff\xd8")


def test_somebody_elses_message_is_not_ours():
    _, box = outbox()
    assert box.acknowledged(7) is None
