"""Sound files of every kind become 16 kHz mono blocks, or one clear sentence."""

from __future__ import annotations

import os
import struct
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge.audio.block import BLOCK_SAMPLES
from edge.audio.file import FileSource
from edge.errors import SoundError


def tone(rate: int, seconds: float = 1.0, hz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate)).astype(np.float32)


def read(path: Path) -> np.ndarray:
    return np.concatenate([block.samples for block in FileSource(path)])


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "ogg"])
def test_any_rate_and_kind(tmp_path: Path, rate: int, kind: str) -> None:
    path = tmp_path / f"tone.{kind}"
    soundfile.write(path, tone(rate), rate)
    sound = read(path)
    assert abs(sound.size - 16000) < 1600
    spectrum = np.abs(np.fft.rfft(sound[2000:14000] * np.hanning(12000)))
    assert abs(np.argmax(spectrum) * 16000 / 12000 - 440) < 2
    assert 0.3 < np.sqrt(np.mean(sound[2000:14000] ** 2)) < 0.4


def test_stereo_is_averaged(tmp_path: Path) -> None:
    left = tone(16000)
    soundfile.write(tmp_path / "s.wav", np.stack([left, np.zeros_like(left)], 1), 16000, "FLOAT")
    np.testing.assert_allclose(read(tmp_path / "s.wav"), left / 2, atol=1e-6)


def test_blocks_have_a_tenth_of_a_second_and_times(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "t.wav", tone(16000, 0.45), 16000)
    blocks = list(FileSource(tmp_path / "t.wav"))
    assert [block.samples.size for block in blocks] == [BLOCK_SAMPLES] * 4 + [800]
    np.testing.assert_allclose([block.start_s for block in blocks], [0, 0.1, 0.2, 0.3, 0.4])
    assert all(block.samples.dtype == np.float32 for block in blocks)


def test_paced_takes_real_time_and_can_be_closed(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "t.wav", tone(16000, 60), 16000)
    source, started = FileSource(tmp_path / "t.wav", paced=True), time.monotonic()
    for block in source:
        if block.start_s >= 0.5:
            assert time.monotonic() - started >= 0.5
            source.close()
    assert time.monotonic() - started < 30


def test_a_muted_file_plays_on_unheard(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "t.wav", tone(16000), 16000)
    source, heard = FileSource(tmp_path / "t.wav"), []
    for block in source:
        heard.append(round(block.start_s, 1))
        source.mute(len(heard) >= 4)
    assert heard == [0.0, 0.1, 0.2, 0.3]


def test_a_truncated_wav(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    soundfile.write(path, tone(16000), 16000)
    path.write_bytes(path.read_bytes()[:16022])
    with pytest.raises(SoundError, match=r"cut\.wav is truncated: 50% of the sound"):
        FileSource(path)


def test_a_wav_that_was_written_into_a_pipe_is_whole(tmp_path: Path) -> None:
    """ffmpeg, sox and arecord cannot know the size when they write to a pipe."""
    path = tmp_path / "piped.wav"
    soundfile.write(path, tone(16000), 16000)
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(data)
    assert abs(read(path).size - 16000) < 200


def test_a_truncated_flac(tmp_path: Path) -> None:
    path = tmp_path / "cut.flac"
    rng = np.random.default_rng(0)
    soundfile.write(path, rng.normal(0, 0.1, 32000), 16000)
    path.write_bytes(path.read_bytes()[:20000])
    with pytest.raises(SoundError, match=r"cut\.flac is damaged and cannot be read to its end"):
        read(path)


@pytest.mark.parametrize(
    "data", [b"", b"RIFF", b"RIFF\x00\x00\x00\x00WAVEfmt ", b"hello " * 100, bytes(1000)]
)
def test_what_is_no_sound(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "no.wav"
    path.write_bytes(data)
    with pytest.raises(SoundError, match=r"no\.wav is not a sound file that can be read"):
        FileSource(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(SoundError, match="not an ordinary file"):
        FileSource(tmp_path / "pipe.wav")


def test_a_name_that_is_too_long_and_one_that_is_not_utf_8(tmp_path: Path) -> None:
    with pytest.raises(SoundError, match="cannot be opened"):
        FileSource(tmp_path / ("x" * 300))
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.wav"))
    soundfile.write(os.fsencode(path), tone(16000), 16000)
    assert abs(read(path).size - 16000) < 200


def test_nothing_there_or_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SoundError, match="There is no file"):
        FileSource(tmp_path / "nothing.wav")
    with pytest.raises(SoundError, match="is a folder"):
        FileSource(tmp_path)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e25])
def test_values_that_are_not_numbers(tmp_path: Path, value: float) -> None:
    sound = tone(16000)
    sound[100] = value
    soundfile.write(tmp_path / "nan.wav", sound, 16000, "FLOAT")
    with pytest.raises(SoundError, match="not numbers"):
        read(tmp_path / "nan.wav")
