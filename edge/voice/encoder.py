"""The streaming voice encoder: trunk on what is new, pooling, head."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edge.audio.block import SAMPLE_RATE
from edge.inference.engine import Engine
from edge.voice.features import ChunkFeatures, WindowFeatures
from edge.voice.person import Person
from edge.voice.pooling import pooling, unit
from edge.voice.trunk import trunk


class Progress(NamedTuple):
    """What a piece of speech brought."""

    windows: int
    """that it completed"""
    new_person: bool
    """another voice began"""


class StreamingEncoder:
    """Speech in pieces of any length to one face feature of the speech so far.

    The trunk sees each window once, or each frame once where the bundle has a trunk with state,
    and the head takes what is pooled of the trunk's vectors (the paper's average over time). So a
    second of speech costs the same however long the speaker talks, and pieces give exactly what
    the whole would.
    """

    def __init__(self, engine: Engine, window_s: float = 0.0, *, tell_apart: bool = True) -> None:
        """`window_s`: seconds of the latest speech that the feature rests on; 0: all of it.
        `tell_apart`: another voice begins anew, where the bundle can tell."""
        self._tell_apart = tell_apart
        self._engine = engine
        manifest = engine.bundle.manifest
        part = manifest.front_end
        self._window, self._hop = part.window_samples, part.hop_samples
        self._head = engine.model("head") if manifest.voice.head else None
        self._unit_feature = manifest.voice.unit_feature
        self._pooling = pooling(engine.bundle, self._windows_in(window_s))
        self.reset()

    def reset(self) -> None:
        """Forget the speaker."""
        bundle = self._engine.bundle
        cut = ChunkFeatures if bundle.manifest.voice.stream else WindowFeatures
        change = bundle.manifest.voice.change if self._tell_apart else None
        self._features = cut(bundle.front_end, self._window, self._hop)
        self._person = (
            Person(change, bundle.array(change.mean), self._pooling, self._feature)
            if change
            else None
        )
        self._trunk = trunk(self._engine)
        self._pool = self._pooling.start()

    @property
    def evidence_s(self) -> float:
        """Seconds of speech that the feature rests on."""
        windows = self._pool.windows
        return ((windows - 1) * self._hop + self._window) / SAMPLE_RATE if windows else 0.0

    @property
    def heard_s(self) -> float:
        """Seconds of speech heard so far, the part that fills no window yet included."""
        return self._features.heard_samples / SAMPLE_RATE

    @property
    def hop_s(self) -> float:
        """Seconds of speech from one window to the next."""
        return self._hop / SAMPLE_RATE

    def push(self, speech: npt.NDArray[np.float32]) -> Progress:
        """Take `(samples,) float32` of speech at 16 kHz.

        When another person has begun, what was heard of the one before no longer counts.
        """
        completed = self._features.push(speech)
        changed = False
        for features in completed:
            vector = self._trunk(features)
            if self._person and self._person.hear(vector):
                changed = True
                self._pool = self._pooling.start()
                for recent in self._person.recent:
                    self._pool.add(recent)
            else:
                self._pool.add(vector)
        return Progress(len(completed), changed)

    def feature(self) -> npt.NDArray[np.float32]:
        """The face feature `(dimensions,) float32` of the speech so far (at least one window)."""
        return self._feature(self._pool.result())

    def _feature(self, pooled: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        feature = self._head(pooled).ravel() if self._head else pooled
        return unit(feature) if self._unit_feature else feature

    def _windows_in(self, seconds: float) -> int | None:
        """Windows that fit into so much speech, at least one; None: no limit."""
        if not seconds:
            return None
        later = max(0.0, seconds * SAMPLE_RATE - self._window)
        return 1 + int(later // self._hop)
