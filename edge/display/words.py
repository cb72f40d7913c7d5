"""What a display says about a scene: the same words, colours and shapes on every display."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edge.scene import Scene
from edge.state import State
from edge.voice.estimate import Attribute, Choice, Estimate, Quantity

HEADING = "The voice suggests"
NOT_SURE = "not sure"

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

SIGNS: dict[State, Sign] = {
    State.IDLE: Sign("Idle", "Say something.", "#8b98a9", (_circle(12, 12, 8),)),
    State.LISTENING: Sign(
        "Listening", "A voice is heard. About a second of it is needed.", "#4ea1ff", _MICROPHONE
    ),
    State.SPEAKING: Sign(
        "Speaking",
        "A voice is heard. The face sharpens.",
        "#3ddc84",
        (
            ((3, 10), (3, 14)),
            ((7.5, 6), (7.5, 18)),
            ((12, 2), (12, 22)),
            ((16.5, 6), (16.5, 18)),
            ((21, 10), (21, 14)),
        ),
    ),
    State.HOLDING: Sign(
        "Holding",
        "Silence. The last face stays.",
        "#f2c14e",
        (((8, 4), (8, 20)), ((16, 4), (16, 20))),
    ),
    State.MUTED: Sign(
        "Muted",
        "The microphone is closed.",
        "#c78bff",
        (*_MICROPHONE, ((3, 3), (21, 21))),
    ),
    State.FAULT: Sign(
        "Fault",
        "",
        "#ff6b5e",
        (
            ((12, 2), (23, 21), (1, 21), (12, 2)),
            ((12, 9), (12, 14)),
            ((12, 17.5), (12, 18)),
        ),
    ),
}


def lines(estimate: Estimate) -> list[Line]:
    """Every attribute of the estimate in words, in its order."""
    return [line(name, attribute) for name, attribute in estimate.attributes.items()]


def line(name: str, attribute: Attribute) -> Line:
    """One attribute in words."""
    label = name.replace("_", " ")
    if attribute.value is None:
        return Line(name, label, NOT_SURE, attribute.reason or "", None)
    if isinstance(attribute, Choice):
        probability = attribute.probability
        said = attribute.value.replace("_", " ")
        if probability is None:
            return Line(name, label, said, "", None)
        return Line(name, label, f"{said}, {percent(probability)}", "", (0.0, probability))
    return _quantity(name, label, attribute)


def _quantity(name: str, label: str, quantity: Quantity) -> Line:
    assert quantity.value is not None
    unit = "" if quantity.unit in ("", "years") else f" {quantity.unit}"
    if quantity.low is None or quantity.high is None:
        return Line(name, label, f"{quantity.value:.0f}{unit}", "", None)
    said = f"{quantity.value:.0f}{unit} ({quantity.low:.0f}–{quantity.high:.0f})"
    note = f"the range holds for {percent(quantity.coverage)} of speakers"
    return Line(name, label, said, note, _interval(quantity))


def _interval(quantity: Quantity) -> tuple[float, float] | None:
    """The interval on a scale from 0 to 100, which is what years and shares need."""
    assert quantity.low is not None
    assert quantity.high is not None
    if quantity.low < 0 or quantity.high > 100:
        return None
    return quantity.low / 100, quantity.high / 100


def notice(scene: Scene) -> str:
    """What the owner should know though all goes on; empty when there is nothing."""
    lost = [each for each in scene.delegates if each.reason]
    return " ".join(
        f"The {each.stage} runs on the CPU: {each.delegate} failed, {each.reason}." for each in lost
    )


def evidence(estimate: Estimate | None) -> str:
    """How much speech the estimate rests on."""
    if estimate is None:
        return "No speech heard yet"
    digits = 1 if estimate.evidence_s < 9.95 else 0
    return f"{estimate.evidence_s:.{digits}f} s of speech heard"


def percent(share: float) -> str:
    """A probability in words that never claim certainty."""
    if share > 0.99:
        return "over 99\u00a0%"
    if share < 0.01:
        return "under 1\u00a0%"
    return f"{100 * share:.0f}\u00a0%"
