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


class Listener:
    """Grows one speaker's estimate as speech arrives."""

    def __init__(self, engine: Engine, allowed: frozenset[str] = frozenset()) -> None:
        self._engine = engine
        self._encoder = StreamingEncoder(engine)
        self._heads = AttributeHeads(engine, allowed)
        self._tract = VocalTract()

    @property
    def speech_s(self) -> float:
        """Seconds of speech heard from this speaker."""
        return self._encoder.heard_s

    def push(self, speech: npt.NDArray[np.float32]) -> Heard | None:
        """Take `(samples,) float32` of speech at 16 kHz; an estimate when it changed."""
        self._tract.push(speech)
        if not self._encoder.push(speech):
            return None
        manifest = self._engine.bundle.manifest
        if self._encoder.evidence_s < manifest.voice.minimum_evidence_s:
            return None
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
        return Heard(estimate, self._tract.length_cm)

    def reset(self) -> None:
        """Forget the speaker."""
        self._encoder.reset()
        self._tract.reset()
