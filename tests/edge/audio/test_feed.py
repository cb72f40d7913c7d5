"""The feed keeps order, bounds memory, counts what it loses, and passes errors on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from edge.audio.block import AudioBlock
from edge.audio.feed import CAPACITY, Feed
from edge.errors import SoundError


class Blocks:
    """A source of numbered blocks that come at once."""

    def __init__(self, count: int, error: Exception | None = None) -> None:
        self._count, self._error = count, error
        self.given = threading.Event()

    def __iter__(self) -> Iterator[AudioBlock]:
        for number in range(self._count):
            yield AudioBlock(np.full(10, number, np.float32), float(number))
        self.given.set()
        if self._error:
            raise self._error

    def mute(self, muted: bool) -> None:
        pass

    def close(self) -> None:
        self.given.set()


def test_order_is_kept() -> None:
    numbers = [block.start_s for block in Feed(Blocks(50)) if block]
    assert numbers == list(range(50))


def test_a_slow_reader_loses_the_oldest_and_knows_how_many() -> None:
    source = Blocks(CAPACITY + 30)
    feed = Feed(source)
    assert source.given.wait(5)
    time.sleep(0.05)
    numbers = [block.start_s for block in feed if block]
    assert numbers == list(range(30, CAPACITY + 30))
    assert feed.lost_samples == 30 * 10


def test_the_source_s_error_comes_after_its_blocks() -> None:
    seen: list[float] = []
    feed = Feed(Blocks(3, SoundError("unplugged")))
    with pytest.raises(SoundError, match="unplugged"):
        seen.extend(block.start_s for block in feed if block)
    assert seen == [0, 1, 2]


def test_a_mistake_in_a_source_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        list(Feed(Blocks(1, ZeroDivisionError())))


def test_what_waits_can_be_dropped() -> None:
    source = Blocks(20)
    feed = Feed(source)
    assert source.given.wait(5)
    time.sleep(0.05)
    feed.drop()
    assert [block for block in feed if block] == []
    assert feed.lost_samples == 0
