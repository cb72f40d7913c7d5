"""The recordings as the board would cut them: with its own speech detector.

Training keeps speech by its loudness, which is cheap; this is the honest way to measure.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from convert.reference.voice.prepare import Speech, Utterance, decode
from convert.reference.voice.workers import workers
from edge.audio.block import AudioBlock
from edge.audio.speech import SpeechDetector


def as_on_board(data: Path, utterances: list[Utterance], processes: int = 2) -> Speech:
    """The same utterances, decoded from the corpora in `data` and cut by the board's detector."""
    from rich.progress import track

    with workers(processes) as pool:
        detected = pool.map(partial(_detect, data), utterances, chunksize=8)
        parts = list(track(detected, "Listening", total=len(utterances)))
    starts = np.cumsum([0, *(len(part) for part in parts)])
    placed = [
        replace(utterance, start=int(start), length=len(part))
        for utterance, start, part in zip(utterances, starts, parts, strict=False)
    ]
    return Speech(placed, np.concatenate(parts))


def _detect(data: Path, utterance: Utterance) -> npt.NDArray[np.int16]:
    samples = decode(data / utterance.corpus / utterance.file)
    samples *= 0.5 / max(float(np.abs(samples).max()), 1e-4)
    speech = SpeechDetector()(AudioBlock(samples, 0.0)).samples
    return (speech * 32767).astype(np.int16)
