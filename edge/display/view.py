"""A scene as plain values for the page: what `/scene.json` and the event stream carry."""

from __future__ import annotations

from typing import Any

from edge.display import words
from edge.display.care import Look
from edge.display.vocabulary import Vocabulary
from edge.display.wording import PLAIN, Wording
from edge.scene import Scene
from edge.state import State
from edge.voice.estimate import Attribute, Choice, Quantity

_BRIGHT = Look(1.0, (0, 0))


def view(
    scene: Scene, face_url: str | None, wording: Wording = PLAIN, look: Look = _BRIGHT
) -> dict[str, Any]:
    """The scene in words and numbers. Never the sound, the feature, or the picture itself."""
    said = wording.vocabulary
    sign = words.sign(scene.state, said)
    estimate = scene.estimate
    return {
        "state": {
            "name": scene.state.value,
            "word": sign.word,
            "hint": sign.hint,
            "colour": sign.colour,
            "icon": _path(sign.icon),
        },
        "language": said.code,
        "page": said.page,
        "look": {"brightness": look.brightness, "right": look.offset[0], "down": look.offset[1]},
        "message": _message(scene, said),
        "notice": words.notice(scene, said),
        "kiosk": words.kiosk(scene, said) if wording.kiosk else "",
        "level": round(min(scene.level, 1.0), 3),
        "caption": said.caption,
        "face": face_url,
        "bundle": None if estimate is None else estimate.bundle,
        "runtime": None if estimate is None else estimate.runtime,
        "heading": said.heading,
        "evidence": words.evidence(estimate, said),
        "evidence_s": None if estimate is None else round(estimate.evidence_s, 1),
        "attributes": []
        if estimate is None
        else [_attribute(name, belief, said) for name, belief in estimate.attributes.items()],
        "craniofacial": {}
        if estimate is None
        else {
            said.name(name): said.number(value, 2) for name, value in estimate.craniofacial.items()
        },
    }


def _message(scene: Scene, said: Vocabulary) -> str:
    unexplained = scene.state is State.FAULT and not scene.message
    return said.something_wrong if unexplained else scene.message


def _attribute(name: str, attribute: Attribute, said: Vocabulary) -> dict[str, Any]:
    line = words.line(name, attribute, said)
    return {
        "name": line.name,
        "label": line.label,
        "value": line.value,
        "note": line.note,
        "sure": line.sure,
        "scores": _scores(attribute, said),
        "interval": _interval(line, attribute),
    }


def _scores(attribute: Attribute, said: Vocabulary) -> list[dict[str, Any]]:
    if not isinstance(attribute, Choice):
        return []
    return [
        {
            "label": said.name(name),
            "share": round(score, 3),
            "words": words.percent(score, said),
            "chosen": name == attribute.value,
        }
        for name, score in attribute.scores.items()
    ]


def _interval(line: words.Line, attribute: Attribute) -> dict[str, float] | None:
    if not isinstance(attribute, Quantity) or attribute.value is None or line.share is None:
        return None
    low, high = line.share
    return {"low": round(low, 3), "high": round(high, 3), "value": round(attribute.value / 100, 3)}


def _path(icon: tuple[words.Stroke, ...]) -> str:
    """The strokes as SVG path data."""
    return " ".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in stroke) for stroke in icon)
