"""Sounds are found, spread evenly, and cut as the board cuts them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from convert.sounds import digest, find_sounds, speech, spread, usable, windows
from edge.errors import UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.wav", "a.wav", "deep/c[1].wav"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, np.zeros(1600), 16000)
    (tmp_path / "metadata.csv").write_text("file\n")
    return tmp_path


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def test_folders_files_and_patterns_are_found_once_and_in_order(folder: Path) -> None:
    assert names(find_sounds([str(folder)])) == ["a.wav", "b.wav", "c[1].wav"]
    assert names(find_sounds([str(folder / "*.wav"), str(folder / "a.wav")])) == ["a.wav", "b.wav"]
    assert names(find_sounds([str(folder / "deep/c[1].wav")])) == ["c[1].wav"]
    assert len(find_sounds([str(folder / "**/*.wav")])) == 3


@pytest.mark.parametrize("pattern", ["nowhere", "*.flac", "metadata.csv"])
def test_a_pattern_without_sounds_is_refused(folder: Path, pattern: str) -> None:
    with pytest.raises(UsageError, match="There is no sound at"):
        find_sounds([str(folder / pattern)])


def test_spread_takes_both_ends() -> None:
    paths = [Path(str(i)) for i in range(100)]
    assert names(spread(paths, 4)) == ["0", "33", "66", "99"]
    assert spread(paths, 200) == paths


def test_speech_is_what_the_board_hears(woman: Path) -> None:
    whole, start = speech(woman), speech(woman, 2.0)
    assert start.size == 32000
    np.testing.assert_array_equal(start, whole[:32000])


def test_short_speech_is_repeated_and_silence_gives_nothing() -> None:
    sound = np.arange(10, dtype=np.float32)
    assert [w.tolist() for w in windows(sound, 4, 3)] == [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9]]
    (only,) = windows(sound[:3], 7, 3)
    assert only.tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert windows(sound[:0], 4, 3) == []


def test_what_cannot_be_used_says_why(folder: Path, woman: Path) -> None:
    (folder / "d.wav").write_bytes(b"RIFF")
    heard, refused = usable([woman, folder / "a.wav", folder / "d.wav"], 1.0)
    assert [path for path, _ in heard] == [woman]
    assert "carries no speech" in refused[0]
    assert "not a sound file" in refused[1]


def test_the_digest_goes_by_content(folder: Path) -> None:
    first = digest(find_sounds([str(folder)]))
    (folder / "a.wav").rename(folder / "0.wav")
    assert digest(find_sounds([str(folder)])) == first
    soundfile.write(folder / "0.wav", np.ones(1600), 16000)
    assert digest(find_sounds([str(folder)])) != first
