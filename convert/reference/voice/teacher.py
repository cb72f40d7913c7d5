"""The teacher: speaker embeddings of a published encoder, which the small network learns to match.

Generalized end-to-end loss (GE2E, Wan et al. 2018) as trained and published in Resemblyzer 0.1.4
(Apache-2.0). Writes `teacher.npy`, `(utterances, 256) float32`, unit length.
"""

from __future__ import annotations

import sys
import types
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from convert.reference.voice.prepare import SAMPLE_RATE, load_speech
from convert.reference.voice.workers import workers

EMBEDDING = 256
LONGEST_S = 15
LEVEL_DBFS = -30.0


def teach(work: Path, processes: int = 2) -> npt.NDArray[np.float32]:
    """Embed every prepared utterance; returns `(utterances, 256) float32`."""
    from rich.progress import track

    count = len(load_speech(work).utterances)
    with workers(processes, initializer=_one_thread) as pool:
        embeddings = pool.map(partial(_embed, work), range(count), chunksize=8)
        stacked = np.stack(list(track(embeddings, "Teacher", total=count))).astype(np.float32)
    np.save(work / "teacher.npy", stacked)
    return stacked


def load_teacher(work: Path) -> npt.NDArray[np.float32]:
    """What `teach` wrote into `work`."""
    return np.asarray(np.load(work / "teacher.npy"), np.float32)


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


_speech = cache(load_speech)


@cache
def _encoder() -> Any:
    # Resemblyzer imports webrtcvad for a function that is not used here; it needs a compiler.
    stub = types.ModuleType("webrtcvad")
    sys.modules.setdefault("webrtcvad", stub)
    from resemblyzer import VoiceEncoder

    return VoiceEncoder("cpu", verbose=False)


def _embed(work: Path, index: int) -> npt.NDArray[np.float32]:
    samples = _speech(work)[index][: LONGEST_S * SAMPLE_RATE]
    level = float(np.sqrt(np.mean(samples**2)))
    scaled = samples * (10 ** (LEVEL_DBFS / 20) / max(level, 1e-6))
    return np.asarray(_encoder().embed_utterance(scaled), np.float32)
