"""Payloads: what a scene says, as bytes."""

from __future__ import annotations

import io
import json
from typing import Any

from PIL import Image

from edge.inference.delegate_state import DelegateState
from edge.mqtt.catalogue import Catalogue
from edge.scene import CAPTION
from edge.voice.estimate import Estimate

NO_SPEAKER = "nobody has spoken"
JPEG_QUALITY = 85


def attributes(
    estimate: Estimate | None, announced: Catalogue, switched_on: frozenset[str]
) -> bytes:
    """The attributes in `switched_on` as JSON; never the feature.

    Every attribute in `announced` is there, with null where the estimate says nothing about it:
    a consumer never keeps the value of an earlier speaker.
    """
    said: dict[str, Any] = {} if estimate is None else estimate.as_json(switched_on)
    nothing = {"value": None, "reason": NO_SPEAKER}
    out: dict[str, Any] = {
        name: dict(nothing) for name in (*announced.choices, *announced.quantities)
    }
    out.update(said)
    if announced.craniofacial:
        unknown = dict.fromkeys(announced.craniofacial)
        out["craniofacial"] = {**unknown, **said.get("craniofacial", {})}
    out["evidence_s"] = 0.0 if estimate is None else round(estimate.evidence_s, 1)
    out["bundle"] = None if estimate is None else estimate.bundle
    out["runtime"] = None if estimate is None else estimate.runtime
    out["caption"] = CAPTION
    return compact(out)


def fault(message: str) -> bytes:
    """What is wrong and what to do, as JSON; null when all is well."""
    return compact({"message": message or None})


def health(delegates: tuple[DelegateState, ...]) -> bytes:
    """How each stage with an accelerator stands, as JSON."""
    return compact(
        {
            each.stage: {
                "delegate": each.delegate,
                "running_on": "delegate" if each.working else "cpu",
                "reason": each.reason or None,
                "failures": each.failures,
            }
            for each in delegates
        }
    )


def jpeg(face: Image.Image) -> bytes:
    """A face as JPEG that says in its comment that it is imagined."""
    out = io.BytesIO()
    face.convert("RGB").save(out, "JPEG", quality=JPEG_QUALITY, comment=CAPTION)
    return out.getvalue()


def blank(face: Image.Image) -> Image.Image:
    """A dark picture of the size of `face`: what stands when there is no face any more."""
    return Image.new("RGB", face.size, (24, 24, 24))


def compact(value: dict[str, Any]) -> bytes:
    """JSON without white space, UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
