"""Pieces give what the whole would, and no frame is transformed twice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from edge.voice.features import ChunkFeatures, WindowFeatures
from edge.voice.front_ends import FRONT_ENDS, front_end
from edge.voice.growing import Growing

NAMES = sorted(FRONT_ENDS)
FRAME_WISE = ("s2f-complex", "s2f-magnitude-phase")
SIZES = (1, 160, 512, 1600, 7777, 40_000)


def pieces(sound: np.ndarray, size: int) -> Iterator[np.ndarray]:
    for start in range(0, sound.size, size):
        yield sound[start : start + size]


def near(got: np.ndarray, expected: np.ndarray) -> bool:
    scale = float(np.abs(expected).max())
    return got.shape == expected.shape and float(np.abs(got - expected).max()) <= 1e-5 * scale


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("hop", [8000, 5920, 16000, 7001])
def test_every_window_is_what_the_front_end_makes_of_it(
    name: str, hop: int, woman_sound: np.ndarray
) -> None:
    made, sound = front_end(name), woman_sound[:80_000]
    stream = WindowFeatures(made, 16000, hop)
    got = [features for piece in pieces(sound, 1600) for features in stream.push(piece)]
    starts = range(0, sound.size - 16000 + 1, hop)
    assert len(got) == len(starts)
    assert stream.heard_samples == sound.size
    for start, features in zip(starts, got, strict=True):
        assert near(features, made(sound[start : start + 16000]))


@pytest.mark.parametrize("kind", [WindowFeatures, ChunkFeatures])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bins_first", [False, True])
def test_pieces_of_any_size_give_the_same(
    name: str, kind: type, bins_first: bool, woman_sound: np.ndarray
) -> None:
    sound, made = woman_sound[:48_000], front_end(name, bins_first=bins_first)
    expected = kind(made, 16000, 8000).push(sound)
    assert len(expected) >= 4
    for size in SIZES[1:] if name != NAMES[0] else SIZES:
        stream = kind(made, 16000, 8000)
        got = [features for piece in pieces(sound, size) for features in stream.push(piece)]
        assert len(got) == len(expected)
        for one, other in zip(got, expected, strict=True):
            assert near(one, other)


@pytest.mark.parametrize("name", NAMES)
def test_chunks_begin_with_the_first_window(name: str, woman_sound: np.ndarray) -> None:
    made = front_end(name)
    window = made.samples(63)
    first, *later = ChunkFeatures(made, window, 3200).push(woman_sound[:60_000])
    np.testing.assert_allclose(first, made(woman_sound[:window]), atol=1e-5)
    assert len(first) == 63
    assert {len(each) for each in later} == {20}
    assert len(later) >= (60_000 - window - 400) // 3200


@pytest.mark.parametrize("name", FRAME_WISE)
def test_chunks_of_frame_wise_features_are_the_whole_in_pieces(
    name: str, woman_sound: np.ndarray
) -> None:
    made, sound = front_end(name), woman_sound[:64_000]
    chunks = ChunkFeatures(made, made.samples(259), 64 * 160)
    got = np.concatenate([f for piece in pieces(sound, 1600) for f in chunks.push(piece)])
    np.testing.assert_array_equal(got, made(sound)[: len(got)])
    assert len(got) == 259 + 64 * ((len(made(sound)) - 259) // 64)


def test_after_the_first_window_the_mean_is_that_of_all_speech(woman_sound: np.ndarray) -> None:
    made, sound = front_end("wen-logmel64"), woman_sound[:160_000]
    got = np.concatenate(ChunkFeatures(made, made.samples(95), 32 * 160).push(sound))
    whole = made(sound[: made.samples(len(got))])
    assert len(got) > 400
    np.testing.assert_allclose(got[-32:], whole[-32:], atol=1e-4)


def test_the_level_is_that_of_all_speech(woman_sound: np.ndarray) -> None:
    for name in ("reference-logmel64", "s2f-complex-601"):
        made = front_end(name)
        loud, soft = (
            ChunkFeatures(made, 16000, 8000).push(woman_sound * np.float32(gain))
            for gain in (1.0, 0.1)
        )
        for one, other in zip(loud, soft, strict=True):
            # a power of 0.3 makes much of the rounding of what is almost nothing
            assert np.quantile(np.abs(one - other), 0.99) < 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_no_frame_is_transformed_twice(
    name: str, woman_sound: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, transformed = front_end(name), []
    raw = type(made).raw

    def counting(self, sound: np.ndarray, at_start: bool) -> np.ndarray:
        given = raw(self, sound, at_start)
        transformed.append(len(given))
        return given

    monkeypatch.setattr(type(made), "raw", counting)
    sound = woman_sound[:80_000]
    windows = WindowFeatures(made, 16000, 8000)
    count = sum(len(windows.push(piece)) for piece in pieces(sound, 1600))
    edges = count * (made.head + 2 * made.tail)
    assert sum(transformed) <= made.frames(sound.size) + edges
    transformed.clear()
    chunks = ChunkFeatures(made, 16000, 8000)
    for piece in pieces(sound, 1600):
        chunks.push(piece)
    assert sum(transformed) <= made.frames(sound.size)


@pytest.mark.parametrize("kind", [WindowFeatures, ChunkFeatures])
@pytest.mark.parametrize("name", NAMES)
def test_hours_of_speech_take_no_more_memory(name: str, kind: type) -> None:
    stream = kind(front_end(name), 16000, 8000)
    piece = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
    sizes = set()
    for second in range(40):
        stream.push(piece)
        if second >= 5:
            sizes.add((stream._sound._rows.nbytes, stream._frames._rows.nbytes))
    assert len(sizes) == 1


def test_a_hop_between_frames_is_refused_in_chunks() -> None:
    with pytest.raises(ValueError, match="no multiple of 160"):
        ChunkFeatures(front_end("s2f-complex"), 16000, 8001)


def test_a_growing_buffer_keeps_numbers_while_rows_come_and_go() -> None:
    buffer, everything = Growing(4), np.arange(1000, dtype=np.float32)
    given = 0
    for size in (1, 3, 2, 7, 50, 1, 100, 9):
        buffer.append(everything[given : given + size])
        given += size
        assert buffer.count == given
        np.testing.assert_array_equal(
            buffer.rows(buffer.first, given), everything[buffer.first : given]
        )
        buffer.drop(given - 2)
        assert buffer.first == max(0, given - 2)
    buffer.drop(10_000)
    assert (buffer.first, buffer.count) == (given, given)
