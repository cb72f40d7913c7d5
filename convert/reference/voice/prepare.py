"""Decode the corpora, keep the speech, and store it as one array that training can map.

Writes `speech.npy` (int16, 16 kHz, the utterances one after the other) and `utterances.json`.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from convert.reference.voice.corpora import Recording, read_corpora
from convert.reference.voice.pitch import median_pitch
from convert.reference.voice.workers import workers

SAMPLE_RATE = 16000
SHORTEST_S = 0.8
"""Speech shorter than this is left out."""
_BLOCK = 320


@dataclass(frozen=True)
class Utterance(Recording):
    """The speech of one recording, as it lies in `speech.npy`."""

    start: int
    """samples"""
    length: int
    """samples"""
    pitch_hz: float
    """median over the voiced frames, 0 where none is voiced"""


@dataclass(frozen=True)
class Speech:
    """All utterances and their samples."""

    utterances: list[Utterance]
    samples: npt.NDArray[np.int16]

    def __getitem__(self, index: int) -> npt.NDArray[np.float32]:
        """The samples of one utterance, `(length,) float32`, full scale -1…1."""
        utterance = self.utterances[index]
        part = self.samples[utterance.start : utterance.start + utterance.length]
        return np.asarray(part, np.float32) / 32768


def prepare(data: Path, work: Path, processes: int = 2) -> Speech:
    """Decode all recordings in `data` into `work`; returns what was written."""
    from rich.progress import track

    recordings = read_corpora(data)
    utterances: list[Utterance] = []
    parts: list[npt.NDArray[np.int16]] = []
    start = 0
    with workers(processes) as pool:
        decoded = pool.map(partial(_decode, data), recordings, chunksize=16)
        for recording, (samples, pitch_hz) in zip(
            recordings, track(decoded, "Preparing", total=len(recordings)), strict=True
        ):
            if len(samples) < SHORTEST_S * SAMPLE_RATE:
                continue
            fields = {name: getattr(recording, name) for name in Recording.__dataclass_fields__}
            utterances.append(
                Utterance(**fields, start=start, length=len(samples), pitch_hz=pitch_hz)
            )
            parts.append(samples)
            start += len(samples)
    work.mkdir(parents=True, exist_ok=True)
    np.save(work / "speech.npy", np.concatenate(parts))
    (work / "utterances.json").write_text(json.dumps([asdict(u) for u in utterances]))
    return load_speech(work)


def load_speech(work: Path) -> Speech:
    """What `prepare` wrote into `work`."""
    rows = json.loads((work / "utterances.json").read_text())
    for row in rows:
        row["age"] = tuple(row["age"]) if row["age"] else None
    return Speech([Utterance(**row) for row in rows], np.load(work / "speech.npy", mmap_mode="r"))


def keep_speech(
    samples: npt.NDArray[np.float32], below_peak_db: float = 32.0, hangover: int = 4
) -> npt.NDArray[np.float32]:
    """The parts of `(samples,) float32` at 16 kHz that are loud enough to be speech.

    A block of 20 ms counts as speech when it lies less than `below_peak_db` under the
    recording's loud blocks (95th percentile); `hangover` blocks around it are kept too.
    """
    count = len(samples) // _BLOCK
    if count == 0:
        return samples[:0]
    blocks = samples[: count * _BLOCK].reshape(count, _BLOCK)
    level_db = 10 * np.log10(np.mean(blocks**2, axis=1) + 1e-10)
    loud = level_db > max(float(np.percentile(level_db, 95)) - below_peak_db, -75.0)
    # Two loud blocks of five: a click is no speech.
    steady = np.convolve(loud, np.ones(5), "same") >= 2
    kept = np.convolve(steady, np.ones(2 * hangover + 1), "same") > 0
    return blocks[kept].reshape(-1)


def decode(path: Path) -> npt.NDArray[np.float32]:
    """A sound file as `(samples,) float32` at 16 kHz, mono, without its mean."""
    import soundfile
    import soxr

    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    if rate != SAMPLE_RATE:
        mono = soxr.resample(mono, rate, SAMPLE_RATE)
    return np.asarray(mono - mono.mean(), np.float32)


def _decode(data: Path, recording: Recording) -> tuple[npt.NDArray[np.int16], float]:
    # The board cuts at other places than this gate does: vary it from file to file.
    chance = np.random.default_rng(zlib.crc32(recording.file.encode()))
    speech = keep_speech(
        decode(data / recording.corpus / recording.file),
        below_peak_db=float(chance.uniform(25, 38)),
        hangover=int(chance.integers(1, 7)),
    )
    if len(speech) < SHORTEST_S * SAMPLE_RATE:
        return np.zeros(0, np.int16), 0.0
    speech *= 0.5 / max(float(np.abs(speech).max()), 1e-4)
    return (speech * 32767).astype(np.int16), median_pitch(speech)
