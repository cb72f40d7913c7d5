"""What the board would make of a sound file, after some seconds of speech and after all of it.

The parts are the board's own: its file reader, speech detector, listener and painter.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from edge.audio.block import SAMPLE_RATE
from edge.audio.file import FileSource
from edge.audio.speech import SpeechDetector
from edge.face.painter import Painter
from edge.inference.engine import Engine
from edge.inference.manifest import QuantityAttribute
from edge.voice.attributes import measure
from edge.voice.estimate import Choice
from edge.voice.listener import Heard, Listener

DURATIONS = {"1 s": 1.0, "3 s": 3.0, "6 s": 6.0}
"""name → seconds of speech"""
ALL = "all"
LEVELS = tuple(round(0.1 * step, 1) for step in range(1, 10))
"""probabilities that the central intervals of a quantity claim"""


class Reading(msgspec.Struct, frozen=True):
    """The distribution that a network gives for a quantity."""

    given: bool
    """the board would say it; False: the interval is too wide"""
    median: float
    low: float
    high: float
    """the interval that the board gives"""
    central: tuple[tuple[float, float], ...]
    """intervals that claim to hold LEVELS"""


class Answers(msgspec.Struct, frozen=True):
    """What is believed at one moment."""

    evidence_s: float
    choices: dict[str, Choice]
    readings: dict[str, Reading]
    vector: bytes
    """the face feature, float32"""

    @property
    def feature(self) -> npt.NDArray[np.float32]:
        """The face feature, `(dimensions,) float32`."""
        return np.frombuffer(self.vector, np.float32)


class Hearing(msgspec.Struct, frozen=True):
    """What one sound gave."""

    speech_s: float
    after: dict[str, Answers]
    """by name of the duration; empty when the speech is too short for any estimate"""
    measures: dict[str, float]
    """craniofacial measures of the face after all speech"""
    portrait: bytes
    """PNG of that face; empty when none was wanted"""


class Ear:
    """Listens to one file after the other with the models of a bundle."""

    def __init__(self, engine: Engine, allowed: frozenset[str], *, draw: bool) -> None:
        """`allowed` names the sensitive attributes that are measured; `draw` asks for faces."""
        self._detector = SpeechDetector()
        self._listener = Listener(engine, allowed)
        self._painter = Painter(engine) if draw else None
        self._quantities = [
            (part, engine.model(part.name))
            for part in engine.bundle.manifest.attributes
            if isinstance(part, QuantityAttribute) and (not part.sensitive or part.name in allowed)
        ]

    def __call__(self, path: Path) -> Hearing:
        """Listen to the whole file. Raises SoundError when it cannot be read."""
        self._detector.reset()
        self._listener.reset()
        marks = {round(seconds * SAMPLE_RATE): name for name, seconds in DURATIONS.items()}
        heard: Heard | None = None
        after: dict[str, Answers] = {}
        samples = 0
        for piece in self._speech(path):
            inside = [mark - samples for mark in marks if samples < mark < samples + piece.size]
            for part in np.split(piece, inside):
                heard = self._listener.push(part) or heard
                samples += part.size
                if heard and samples in marks:
                    after[marks[samples]] = self._answers(heard)
        if heard is None:
            return Hearing(samples / SAMPLE_RATE, {}, {}, b"")
        after[ALL] = self._answers(heard)
        return Hearing(samples / SAMPLE_RATE, after, *self._face(heard))

    def _speech(self, path: Path) -> Iterator[npt.NDArray[np.float32]]:
        source = FileSource(path)
        try:
            for block in source:
                speech = self._detector(block).samples
                if speech.size:
                    yield speech
        finally:
            source.close()

    def _answers(self, heard: Heard) -> Answers:
        estimate = heard.estimate
        return Answers(
            estimate.evidence_s,
            {name: a for name, a in estimate.attributes.items() if isinstance(a, Choice)},
            {
                part.name: read(part, model(estimate.feature).ravel())
                for part, model in self._quantities
            },
            estimate.feature.astype(np.float32).tobytes(),
        )

    def _face(self, heard: Heard) -> tuple[dict[str, float], bytes]:
        if self._painter is None:
            return {}, b""
        portrait = self._painter.paint(heard)
        picture = io.BytesIO()
        portrait.image.save(picture, "PNG")
        return dict(portrait.estimate.craniofacial), picture.getvalue()


def read(part: QuantityAttribute, logits: npt.NDArray[np.float32]) -> Reading:
    """The board's answer, and the intervals that it would give for other claims."""
    said = measure(part, logits)
    central = []
    for level in LEVELS:
        low, _, high = _interval(part, logits, (1 - level) / 2, (1 + level) / 2)
        central.append((low, high))
    low, median, high = _interval(
        part, logits, part.calibration.low_quantile, part.calibration.high_quantile
    )
    return Reading(said.value is not None, median, low, high, tuple(central))


def _interval(
    part: QuantityAttribute, logits: npt.NDArray[np.float32], low: float, high: float
) -> tuple[float, float, float]:
    """Low end, median and high end between two quantiles, however wide."""
    calibration = msgspec.structs.replace(
        part.calibration, low_quantile=low, high_quantile=high, widest=float("inf")
    )
    said = measure(msgspec.structs.replace(part, calibration=calibration), logits)
    assert said.low is not None
    assert said.value is not None
    assert said.high is not None
    return said.low, said.value, said.high
