"""What a display says about a scene: the same words, colours and shapes on every display."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edge.display.languages import ENGLISH
from edge.display.vocabulary import Vocabulary
from edge.scene import Scene
from edge.state import State
from edge.voice.estimate import Attribute, Choice, Estimate, Quantity

HEADING = ENGLISH.heading
NOT_SURE = ENGLISH.not_sure

Stroke = tuple[tuple[float, float], ...]
"""a polyline on a grid of 24 × 24, y downwards"""


@dataclass(frozen=True)
class Sign:
    """How a state is told from across the room: by colour, by shape and by its word."""

    word: str
    hint: str
    """one sentence for whoever stands in front of the screen"""
    colour: str
    """`#rrggbb`, readable on black"""
    icon: tuple[Stroke, ...]


@dataclass(frozen=True)
class Line:
    """One attribute in words."""

    name: str
    """as in the estimate, e.g. `gender`"""
    label: str
    value: str
    """with its uncertainty: `female, 97 %`, `34 (24–47)`, or `not sure`"""
    note: str
    """why not sure, or what the range means; may be empty"""
    share: tuple[float, float] | None
    """from where to where a bar is filled, 0 to 1; None when abstaining"""
    sure: bool = True
    """False when abstaining"""


def _circle(x: float, y: float, radius: float, corners: int = 24) -> Stroke:
    angles = [2 * math.pi * corner / corners for corner in range(corners + 1)]
    return tuple((x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles)


_MICROPHONE: tuple[Stroke, ...] = (
    ((9, 5), (10, 3), (12, 2), (14, 3), (15, 5), (15, 11), (14, 13), (12, 14)),
    ((12, 14), (10, 13), (9, 11), (9, 5)),
    ((5, 11), (6, 15), (9, 17.5), (12, 18), (15, 17.5), (18, 15), (19, 11)),
    ((12, 18), (12, 22)),
    ((8, 22), (16, 22)),
)

_SHAPES: dict[State, tuple[str, tuple[Stroke, ...]]] = {
    State.IDLE: ("#8b98a9", (_circle(12, 12, 8),)),
    State.LISTENING: ("#4ea1ff", _MICROPHONE),
    State.SPEAKING: (
        "#3ddc84",
        (
            ((3, 10), (3, 14)),
            ((7.5, 6), (7.5, 18)),
            ((12, 2), (12, 22)),
            ((16.5, 6), (16.5, 18)),
            ((21, 10), (21, 14)),
        ),
    ),
    State.HOLDING: ("#f2c14e", (((8, 4), (8, 20)), ((16, 4), (16, 20)))),
    State.MUTED: ("#c78bff", (*_MICROPHONE, ((3, 3), (21, 21)))),
    State.FAULT: (
        "#ff6b5e",
        (
            ((12, 2), (23, 21), (1, 21), (12, 2)),
            ((12, 9), (12, 14)),
            ((12, 17.5), (12, 18)),
        ),
    ),
}


def sign(state: State, vocabulary: Vocabulary = ENGLISH) -> Sign:
    """The state's sign, with its word and hint in a language."""
    return Sign(*vocabulary.states[state], *_SHAPES[state])


SIGNS: dict[State, Sign] = {state: sign(state) for state in State}
"""in English"""


def lines(estimate: Estimate, vocabulary: Vocabulary = ENGLISH) -> list[Line]:
    """Every attribute of the estimate in words, in its order."""
    return [line(name, attribute, vocabulary) for name, attribute in estimate.attributes.items()]


def line(name: str, attribute: Attribute, vocabulary: Vocabulary = ENGLISH) -> Line:
    """One attribute in words."""
    label = vocabulary.name(name)
    if attribute.value is None:
        reason = vocabulary.reason(attribute.reason or "")
        return Line(name, label, vocabulary.not_sure, reason, None, sure=False)
    if isinstance(attribute, Choice):
        probability = attribute.probability
        said = vocabulary.name(attribute.value)
        if probability is None:
            return Line(name, label, said, "", None)
        value = vocabulary.choice.format(name=said, percent=percent(probability, vocabulary))
        return Line(name, label, value, "", (0.0, probability))
    return _quantity(name, label, attribute, vocabulary)


def _quantity(name: str, label: str, quantity: Quantity, vocabulary: Vocabulary) -> Line:
    assert quantity.value is not None
    unit = "" if quantity.unit in ("", "years") else f" {vocabulary.name(quantity.unit)}"
    if quantity.low is None or quantity.high is None:
        return Line(name, label, f"{quantity.value:.0f}{unit}", "", None)
    said = vocabulary.quantity.format(
        value=f"{quantity.value:.0f}",
        unit=unit,
        low=f"{quantity.low:.0f}",
        high=f"{quantity.high:.0f}",
    )
    note = vocabulary.range_note.format(percent=percent(quantity.coverage, vocabulary))
    return Line(name, label, said, note, _interval(quantity))


def _interval(quantity: Quantity) -> tuple[float, float] | None:
    """The interval on a scale from 0 to 100, which is what years and shares need."""
    assert quantity.low is not None
    assert quantity.high is not None
    if quantity.low < 0 or quantity.high > 100:
        return None
    return quantity.low / 100, quantity.high / 100


def notice(scene: Scene, vocabulary: Vocabulary = ENGLISH) -> str:
    """What the owner should know though all goes on; empty when there is nothing."""
    return " ".join(
        vocabulary.delegate_lost.format(
            stage=vocabulary.name(each.stage), delegate=each.delegate, reason=each.reason
        )
        for each in scene.delegates
        if each.reason
    )


def kiosk(scene: Scene, vocabulary: Vocabulary = ENGLISH) -> str:
    """What passers-by are told before they are heard; empty once there is a face, and while nothing
    listens."""
    before = scene.state in (State.IDLE, State.LISTENING) and scene.estimate is None
    return vocabulary.kiosk if before else ""


def evidence(estimate: Estimate | None, vocabulary: Vocabulary = ENGLISH) -> str:
    """How much speech the estimate rests on."""
    if estimate is None:
        return vocabulary.no_speech
    digits = 1 if estimate.evidence_s < 9.95 else 0
    return vocabulary.evidence.format(seconds=vocabulary.number(estimate.evidence_s, digits))


def percent(share: float, vocabulary: Vocabulary = ENGLISH) -> str:
    """A probability in words that never claim certainty."""
    if share > 0.99:
        return vocabulary.over.format(percent=vocabulary.percent.format(number=99))
    if share < 0.01:
        return vocabulary.under.format(percent=vocabulary.percent.format(number=1))
    return vocabulary.percent.format(number=f"{100 * share:.0f}")
