"""The streaming voice encoder: trunk on what is new, pooling, head."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edge.audio.block import SAMPLE_RATE
from edge.inference.engine import Engine
from edge.voice.pooling import pooling, unit


class StreamingEncoder:
    """Speech in pieces of any length to one face feature of all speech so far.

    The trunk sees each window once, and the head takes what is pooled of the trunk's vectors (the
    paper's average over time), so a second of speech costs the same however long the speaker
    talks, and pieces give exactly what the whole would.
    """

    def __init__(self, engine: Engine) -> None:
        manifest = engine.bundle.manifest
        part = manifest.front_end
        self._front_end = engine.bundle.front_end
        self._window, self._hop = part.window_samples, part.hop_samples
        self._trunk = engine.model("trunk")
        self._head = engine.model("head") if manifest.voice.head else None
        self._unit_feature = manifest.voice.unit_feature
        self._pooling = pooling(engine.bundle)
        self.reset()

    def reset(self) -> None:
        """Forget the speaker."""
        self._waiting = np.zeros(0, np.float32)
        self._pool = self._pooling.start()
        self._windows = 0

    @property
    def evidence_s(self) -> float:
        """Seconds of speech that the feature rests on."""
        return self._seconds(self._pool.windows)

    @property
    def heard_s(self) -> float:
        """Seconds of speech heard so far, the part that fills no window yet included."""
        overlap = self._window - self._hop if self._windows else 0
        return self._seconds(self._windows) + max(0, self._waiting.size - overlap) / SAMPLE_RATE

    def push(self, speech: npt.NDArray[np.float32]) -> int:
        """Take `(samples,) float32` of speech at 16 kHz. Returns how many windows it completed."""
        self._waiting = np.concatenate([self._waiting, speech])
        completed = 0
        while self._waiting.size >= self._window:
            features = self._front_end(self._waiting[: self._window])
            self._pool.add(self._trunk(features).ravel())
            self._waiting = self._waiting[self._hop :]
            completed += 1
        self._windows += completed
        return completed

    def feature(self) -> npt.NDArray[np.float32]:
        """The face feature `(dimensions,) float32` of all windows so far (at least one)."""
        pooled = self._pool.result()
        feature = self._head(pooled).ravel() if self._head else pooled
        return unit(feature) if self._unit_feature else feature

    def _seconds(self, windows: int) -> float:
        return ((windows - 1) * self._hop + self._window) / SAMPLE_RATE if windows else 0.0
