"""From speech to an estimate of who is speaking: encoder, attributes, vocal tract."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.inference.engine import Engine
from edge.voice.attributes import AttributeHeads
from edge.voice.encoder import StreamingEncoder
from edge.voice.estimate import Estimate
from edge.voice.vocal_tract import VocalTract


@dataclass(frozen=True)
class Heard:
    """An estimate and what the sound measurably says beside it."""

    estimate: Estimate
    tract_cm: float | None
    """apparent vocal tract length, cm"""
    new_person: bool = False
    """another voice has begun: nothing of the one before is in the estimate"""


@dataclass(frozen=True)
class Pace:
    """How much speech an estimate rests on, and how often there is one. Seconds of speech."""

    window_s: float = 0.0
    """the latest speech that counts; 0: all of this speaker's"""
    update_s: float = 0.0
    """from one estimate to the next; 0: as often as the bundle can"""
    first_s: float = 0.0
    """before the first estimate, where it is more than the bundle asks for"""
    tell_apart: bool = True
    """another voice begins a new person, where the bundle can tell"""


ALWAYS = Pace()
"""all of a speaker's speech, as often as the bundle can"""


class Listener:
    """Grows one speaker's estimate as speech arrives."""

    def __init__(
        self, engine: Engine, allowed: frozenset[str] = frozenset(), pace: Pace = ALWAYS
    ) -> None:
        self._engine, self._pace = engine, pace
        self._encoder = StreamingEncoder(engine, pace.window_s, tell_apart=pace.tell_apart)
        self._fresh_s = float("inf")
        self._heads = AttributeHeads(engine, allowed)
        self._tract = VocalTract()

    @property
    def speech_s(self) -> float:
        """Seconds of speech heard from this speaker."""
        return self._encoder.heard_s

    def push(self, speech: npt.NDArray[np.float32]) -> Heard | None:
        """Take `(samples,) float32` of speech at 16 kHz; an estimate when it changed."""
        self._tract.push(speech)
        completed, new_person = self._encoder.push(speech)
        self._fresh_s += completed * self._encoder.hop_s
        if new_person:
            self._tract.reset()
            self._fresh_s = float("inf")
        manifest = self._engine.bundle.manifest
        if not completed or self._fresh_s < self._pace.update_s:
            return None
        if self._encoder.evidence_s < manifest.voice.minimum_evidence_s:
            return None
        if self._encoder.heard_s < self._pace.first_s:
            return None
        self._fresh_s = 0.0
        feature = self._encoder.feature()
        estimate = Estimate(
            evidence_s=self._encoder.evidence_s,
            attributes=self._heads(feature),
            craniofacial={},
            feature=feature,
            bundle=manifest.name,
            bundle_sha256=self._engine.bundle.sha256,
            front_end=manifest.front_end.name,
            runtime=str(self._engine.runtime),
        )
        return Heard(estimate, self._tract.length_cm, new_person)

    def reset(self) -> None:
        """Forget the speaker."""
        self._encoder.reset()
        self._fresh_s = float("inf")
        self._tract.reset()
