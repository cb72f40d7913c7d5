"""Sound files: WAV, FLAC, MP3, Ogg, at any rate, mono or stereo."""

from __future__ import annotations

import os
import re
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from edge.audio.block import BLOCK_SAMPLES, SAMPLE_RATE, AudioBlock
from edge.errors import SoundError

_SHORT_DATA = re.compile(r"^data : (\d+) \(should be (\d+)\)", re.MULTILINE)
_LOUDEST = 1e4
"""Full scale is 1; float files may exceed it, but not by that much."""
_STREAMED_SIZE = 0x7FFFF000
"""Programs that write WAV into a pipe put a size near 2 or 4 GiB into the header."""


class FileSource:
    """A file as a source: mono (mean of the channels), 16 kHz, blocks of 0.1 s.

    With `paced` the blocks come when a microphone would have given them. The file is read piece
    by piece, so its length does not matter.
    """

    def __init__(self, path: Path, *, paced: bool = False) -> None:
        self.path = path
        self._paced = paced
        self._closed = threading.Event()
        self._muted = False
        self._started = False
        self._file = _open(path)

    def __iter__(self) -> Iterator[AudioBlock]:
        self._started = True
        started, position = time.monotonic(), 0
        for samples in self._resampled():
            start_s = position / SAMPLE_RATE
            position += samples.size
            if self._paced:
                due = started + position / SAMPLE_RATE
                if self._closed.wait(max(0.0, due - time.monotonic())):
                    return
            if not self._muted:
                yield AudioBlock(samples, start_s)

    def mute(self, muted: bool) -> None:
        """While it is muted, the file plays on unheard."""
        self._muted = muted

    def close(self) -> None:
        self._closed.set()
        if not self._started:  # the thread that reads closes the file itself
            self._file.close()

    def _resampled(self) -> Iterator[npt.NDArray[np.float32]]:
        """Blocks of BLOCK_SAMPLES at 16 kHz; the last one may be shorter."""
        stream = soxr.ResampleStream(self._file.samplerate, SAMPLE_RATE, 1, dtype="float32")
        waiting = np.zeros(0, np.float32)
        ended = False
        with self._file:
            while not ended:
                sound = self._read(self._file.samplerate)
                ended = sound.size == 0
                waiting = np.concatenate([waiting, stream.resample_chunk(sound, last=ended)])
                whole = waiting.size if ended else waiting.size - waiting.size % BLOCK_SAMPLES
                for start in range(0, whole, BLOCK_SAMPLES):
                    yield waiting[start : min(start + BLOCK_SAMPLES, whole)]
                waiting = waiting[whole:]

    def _read(self, frames: int) -> npt.NDArray[np.float32]:
        """The next `frames` frames as mono; empty at the end."""
        try:
            sound = self._file.read(frames, dtype="float32", always_2d=True).mean(axis=1)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise SoundError(
                f"{self.path} is damaged and cannot be read to its end: {_why(error)}. "
                "Copy or record it again."
            ) from error
        if not np.all(np.abs(sound) < _LOUDEST):
            raise SoundError(
                f"{self.path} holds values that are not numbers, or far beyond full scale. "
                "Record it again."
            )
        return sound


def _open(path: Path) -> soundfile.SoundFile:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise SoundError(f"There is no file {path}. Check the name.") from None
    except OSError as error:
        raise SoundError(f"{path} cannot be opened: {error.strerror}. Check the name.") from error
    if stat.S_ISDIR(mode):
        raise SoundError(f"{path} is a folder. Name a WAV, FLAC, MP3 or Ogg file.")
    if not stat.S_ISREG(mode):  # a pipe would be waited for without end
        raise SoundError(f"{path} is not an ordinary file. Save the sound to one first.")
    if not os.access(path, os.R_OK):
        raise SoundError(f"{path} may not be read. Run `chmod +r` on it, or as its owner.")
    try:
        file = soundfile.SoundFile(os.fsencode(path))
    except (soundfile.LibsndfileError, RuntimeError, OSError, TypeError) as error:
        raise SoundError(
            f"{path} is not a sound file that can be read: {_why(error)}. "
            "WAV, FLAC, MP3 and Ogg are."
        ) from error
    missing = _missing_share(file)
    if missing:
        file.close()
        raise SoundError(
            f"{path} is truncated: {missing:.0%} of the sound that its header announces is "
            "missing. Copy or record it again."
        )
    return file


def _missing_share(file: soundfile.SoundFile) -> float:
    """Share of a WAV's announced data that is not in the file; libsndfile reads on silently."""
    short = _SHORT_DATA.search(file.extra_info or "")
    if not short:
        return 0.0
    announced, there = int(short[1]), int(short[2])
    if announced >= _STREAMED_SIZE or announced <= there:
        return 0.0
    return 1 - there / announced


def _why(error: Exception) -> str:
    """libsndfile's reason, without the path that it puts in front."""
    reason = str(getattr(error, "error_string", "") or error).strip().rstrip(".")
    return reason.partition("': ")[2] or reason or "it holds no sound"
