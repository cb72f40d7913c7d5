"""How much speech an estimate rests on, and how often there is one."""

from __future__ import annotations

import numpy as np
import pytest

from edge import assembly
from edge.inference.bundle import Bundle
from edge.inference.engine import Engine
from edge.settings import Settings, Voice, parse
from edge.voice.encoder import StreamingEncoder
from edge.voice.estimate import Estimate
from edge.voice.listener import Listener, Pace


def estimates(bundle: Bundle, sound: np.ndarray, pace: Pace) -> list[Estimate]:
    listener = Listener(Engine(bundle), pace=pace)
    pieces = [sound[start : start + 1600] for start in range(0, sound.size, 1600)]
    return [heard.estimate for piece in pieces if (heard := listener.push(piece))]


def evidence(bundle: Bundle, sound: np.ndarray, pace: Pace) -> list[float]:
    return [each.evidence_s for each in estimates(bundle, sound, pace)]


def test_by_itself_every_window_gives_an_estimate(
    reference: Bundle, woman_sound: np.ndarray
) -> None:
    found = evidence(reference, woman_sound[:64_000], Pace())
    assert found == [1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]


def test_updates_may_be_rarer(reference: Bundle, woman_sound: np.ndarray) -> None:
    assert evidence(reference, woman_sound[:64_000], Pace(update_s=1.5)) == [1.0, 2.5, 4.0]


def test_the_first_may_be_later(reference: Bundle, woman_sound: np.ndarray) -> None:
    assert evidence(reference, woman_sound[:64_000], Pace(first_s=3.0)) == [3.0, 3.5, 4.0]


def test_the_latest_seconds_alone_may_count(reference: Bundle, woman_sound: np.ndarray) -> None:
    assert evidence(reference, woman_sound[:80_000], Pace(window_s=2.0))[-3:] == [2.0, 2.0, 2.0]
    running = StreamingEncoder(Engine(reference), window_s=2.0)
    running.push(woman_sound[:80_000])
    alone = StreamingEncoder(Engine(reference))
    alone.push(woman_sound[48_000:80_000])
    np.testing.assert_array_equal(running.feature(), alone.feature())


def test_the_next_speaker_begins_anew(reference: Bundle, woman_sound: np.ndarray) -> None:
    listener = Listener(Engine(reference), pace=Pace(update_s=30.0))
    assert listener.push(woman_sound[:16_000]) is not None
    assert listener.push(woman_sound[:16_000]) is None
    listener.reset()
    heard = listener.push(woman_sound[:16_000])
    assert heard is not None
    assert heard.estimate.evidence_s == 1.0


def test_the_settings_say_it() -> None:
    settings = parse({"voice": {"window_s": 6, "update_s": 1.5, "first_s": 2}})
    assert assembly.pace(settings) == Pace(window_s=6.0, update_s=1.5, first_s=2.0)
    assert assembly.pace(Settings()) == Pace()
    with pytest.raises(Exception, match="update_s"):
        parse({"voice": {"update_s": -1}})
    assert Voice().window_s == 0
