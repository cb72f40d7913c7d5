"""A scene as plain values for the page: what `/scene.json` and the event stream carry."""

from __future__ import annotations

from typing import Any

from edge.display import words
from edge.scene import CAPTION, Scene
from edge.voice.estimate import Attribute, Choice, Quantity


def view(scene: Scene, face_url: str | None) -> dict[str, Any]:
    """The scene in words and numbers. Never the sound, the feature, or the picture itself."""
    sign = words.SIGNS[scene.state]
    estimate = scene.estimate
    return {
        "state": {
            "name": scene.state.value,
            "word": sign.word,
            "hint": sign.hint,
            "colour": sign.colour,
            "icon": _path(sign.icon),
        },
        "message": scene.message,
        "notice": words.notice(scene),
        "level": round(min(scene.level, 1.0), 3),
        "caption": CAPTION,
        "face": face_url,
        "bundle": None if estimate is None else estimate.bundle,
        "runtime": None if estimate is None else estimate.runtime,
        "heading": words.HEADING,
        "evidence": words.evidence(estimate),
        "evidence_s": None if estimate is None else round(estimate.evidence_s, 1),
        "attributes": []
        if estimate is None
        else [_attribute(name, attribute) for name, attribute in estimate.attributes.items()],
        "craniofacial": {}
        if estimate is None
        else {
            name.replace("_", " "): f"{value:.2f}" for name, value in estimate.craniofacial.items()
        },
    }


def _attribute(name: str, attribute: Attribute) -> dict[str, Any]:
    line = words.line(name, attribute)
    return {
        "name": line.name,
        "label": line.label,
        "value": line.value,
        "note": line.note,
        "sure": attribute.value is not None,
        "scores": _scores(attribute),
        "interval": _interval(line, attribute),
    }


def _scores(attribute: Attribute) -> list[dict[str, Any]]:
    if not isinstance(attribute, Choice):
        return []
    return [
        {
            "label": name.replace("_", " "),
            "share": round(score, 3),
            "words": words.percent(score),
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
