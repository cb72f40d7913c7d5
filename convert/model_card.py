"""The model card of a bundle: the owner's own words, or a form of it, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from convert.networks import Networks
from convert.recipe import Recipe
from edge.errors import UsageError

FORM = """# Model card: {name}

A voice goes in; attributes and an imagined face come out. **The face is imagined: it is not a
picture of the speaker, and no voice can give one.**

Licence: {licence}.

This card was written by the converter. It knows nothing of the data that the networks were
trained on, of who is served how well, and of what was not tested. Whoever trained them should
say so: name a file with `model_card` in the recipe, and measure with `s2f-convert evaluate`.

Not for identifying anybody, for portraits of suspects, or for decisions about people.
"""


def card(
    recipe: Recipe, networks: Networks, measured: Mapping[str, Any], reports: Mapping[str, Any]
) -> str:
    """MODEL_CARD.md. Raises UsageError when the recipe's card cannot be read."""
    parts = [_own(recipe), "## How it was converted\n\n" + _conversion(networks)]
    if reports:
        parts.append("## Attributes that were fitted at conversion\n\n" + _fitted(reports))
    parts.append("## What int8 costs\n\n" + _cost(measured))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _own(recipe: Recipe) -> str:
    name = recipe.bundle.model_card
    if not name:
        return FORM.format(name=recipe.bundle.name, licence=recipe.bundle.licence)
    try:
        return Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The model card {name} cannot be read: {error}.") from error


def _conversion(networks: Networks) -> str:
    rows = [(part, family) for part, family in networks.families.items()]
    front_end = networks.voice.front_end.name
    return (
        _table(("part", "family"), rows)
        + f"\n\nFront end: {front_end}. Checkpoints: "
        + ", ".join(f"{name} (SHA-256 {sha[:12]}…)" for name, sha in networks.sources.items())
        + "."
    )


def _fitted(reports: Mapping[str, Any]) -> str:
    """A list of what each report says; reports of choices and quantities have other numbers."""
    lines = []
    for name, report in reports.items():
        said = (f"{key.replace('_', ' ')} {_number(value)}" for key, value in report.items())
        lines.append(f"- **{name}**, on speakers that were held out: {', '.join(said)}")
    return "\n".join(lines)


def _cost(measured: Mapping[str, Any]) -> str:
    rows = []
    for way, loss in measured["ways"].items():
        agreement = ", ".join(
            f"{name} {attribute['agreement']:.1%}" for name, attribute in loss["attributes"].items()
        )
        rows.append(
            (
                way,
                f"{loss['feature']['cosine']:.4f}",
                f"{loss['feature']['centred_cosine']:.4f}",
                f"{loss['feature']['retrieval']['R@1']:.1%}",
                agreement or "–",
                f"{loss['face']['psnr_db']:.1f} dB",
                f"{loss['face']['ssim']:.4f}",
            )
        )
    head = ("run as", "cosine", "centred cosine", "same sound found first", "same answer")
    held = measured["held_out"]
    return (
        f"On {held['sounds']} held-out sounds, int8 against float; `certificate.html` has more.\n\n"
        + _table((*head, "face PSNR", "face SSIM"), rows)
    )


def _number(value: Any) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{name} {_number(each)}" for name, each in value.items()) + ")"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---" for _ in head], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
