"""The way from sound to a face, without devices: used by `render` and by the daemon."""

from __future__ import annotations

from dataclasses import dataclass

from edge.audio.block import AudioBlock
from edge.audio.speech import SpeechDetector
from edge.face.painter import Painter, Portrait
from edge.inference.delegate_state import DelegateState
from edge.inference.engine import Engine
from edge.voice.listener import ALWAYS, Listener, Pace


@dataclass(frozen=True)
class Step:
    """What one block of sound brought."""

    speaking: bool
    portrait: Portrait | None
    """when the estimate changed"""
    new_person: bool = False
    """another voice has begun"""


class Pipeline:
    """Speech detection, estimate and face, one block at a time."""

    def __init__(
        self, engine: Engine, allowed: frozenset[str] = frozenset(), pace: Pace = ALWAYS
    ) -> None:
        self._engine = engine
        self.minimum_s = engine.bundle.manifest.voice.minimum_evidence_s
        """seconds of speech below which there is no estimate"""
        self._detector = SpeechDetector()
        self._listener = Listener(engine, allowed, pace)
        self._painter = Painter(engine)

    @property
    def speech_s(self) -> float:
        """Seconds of speech heard from this speaker."""
        return self._listener.speech_s

    @property
    def delegates(self) -> tuple[DelegateState, ...]:
        """How the accelerators stand, where there are any."""
        return self._engine.accelerators.states

    def close(self) -> None:
        """Let go of models, processes and devices."""
        self._engine.close()

    def push(self, block: AudioBlock) -> Step:
        """Take the next block."""
        speech = self._detector(block)
        heard = self._listener.push(speech.samples) if speech.samples.size else None
        if heard is None:
            return Step(speech.active, None)
        return Step(speech.active, self._painter.paint(heard), heard.new_person)

    def new_speaker(self) -> None:
        """Forget the speaker; the next speech starts from nothing."""
        self._listener.reset()
