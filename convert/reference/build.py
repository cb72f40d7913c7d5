"""The reference bundle: from checkpoints to a folder that the board loads."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from convert.certificate import certify, require
from convert.certificate_page import page
from convert.errors import ConvertError
from convert.network import Converted, convert_network
from convert.reference import drives
from convert.reference.card import card
from convert.reference.end_to_end import EndToEnd
from convert.reference.face.parameters import HAIR_STYLES
from convert.reference.golden import golden_sound
from convert.reference.identity import SEED, identity_axes, steadiness
from convert.reference.ingredients import Ingredients
from edge.inference.bundle import load_bundle
from edge.inference.container import MANIFEST
from edge.inference.manifest import (
    SCHEMA_VERSION,
    Bins,
    ChoiceAttribute,
    ChoiceCalibration,
    Face,
    File,
    FrontEndPart,
    Golden,
    Manifest,
    Model,
    QuantityAttribute,
    QuantityCalibration,
    Source,
    Voice,
    Withheld,
)
from edge.voice.front_ends import LogMel

NAME, VERSION, LICENCE = "reference", "1", "Apache-2.0"
FRONT_END = "reference-logmel64"
WINDOW, HOP = 16000, 8000
LARGEST = 6_000_000
"""bytes of all files together"""

CHILD_REASON = "a child's voice cannot be ruled out, and gender is not given for children"
ABSENT = {"ethnicity": "not in this bundle"}

Progress = Callable[[str], None]
Measure = Callable[[Mapping[str, bytes]], EndToEnd]
"""int8 files by name → what they do on test speakers and faces"""


def build(
    ingredients: Ingredients,
    out: Path,
    measure: Measure | None = None,
    progress: Progress = lambda step: None,
) -> Manifest:
    """Write the bundle into `out`, replacing what is there, and load it again.

    The same ingredients give the same bytes. Raises ConvertError when a network cannot be
    converted or loses too much, or the bundle is too large.
    """
    if out.exists() and not (out.is_dir() and (out / MANIFEST).is_file()):
        raise ConvertError(f"{out} is there and is no bundle. Name another folder.")
    converted: dict[str, Converted] = {}
    for name, part in ingredients.parts.items():
        progress(f"Converting the {name}")
        converted[name] = convert_network(name, part.module, part.example, part.representative)
    progress("Measuring what int8 costs")
    certificate = certify([(converted[n], p.held_out) for n, p in ingredients.parts.items()])
    require(certificate)
    models = {name: network.content for name, network in converted.items()}
    measured = measure(models) if measure else EndToEnd({}, ingredients.evaluation)
    certificate["end_to_end"] = measured.measures
    certificate["voice"] = measured.voice
    certificate["sources"] = ingredients.sources

    progress("Finding what is a voice's own")
    identity = identity_axes(ingredients.fitted, len(drives.IDENTITY))
    styles = identity_axes(ingredients.fitted, len(HAIR_STYLES), seed=SEED + 1)
    steady = steadiness(np.concatenate([identity, styles]), ingredients.unseen)

    sound = golden_sound(WINDOW)
    files = {f"{name}.tflite": content for name, content in models.items()}
    files |= {
        "golden/sound.npy": _npy(sound),
        "golden/features.npy": _npy(LogMel()(sound)),
        "identity.npy": _npy(identity),
        "styles.npy": _npy(styles),
        "certificate.json": _json(certificate),
        "certificate.html": page(certificate).encode(),
        "MODEL_CARD.md": card(ingredients, certificate, steady).encode(),
    }
    manifest = _manifest(ingredients, files, dimensions=converted["head"].graph.outputs[0].shape[1])
    total = sum(map(len, files.values()))
    if total > LARGEST:
        raise ConvertError(f"The bundle has {total:,} bytes; at most {LARGEST:,} are wanted.")
    progress("Writing the bundle")
    _write(files, manifest, out)
    load_bundle(out)
    return manifest


def _manifest(ingredients: Ingredients, files: Mapping[str, bytes], dimensions: int) -> Manifest:
    front_end = LogMel()
    gender, age = ingredients.calibration["gender"], ingredients.calibration["age"]
    bins = Bins(**age["bins"])
    return Manifest(
        schema_version=SCHEMA_VERSION,
        name=NAME,
        version=VERSION,
        licence=LICENCE,
        created_by="s2f-convert reference build",
        sources=tuple(Source(name, sha) for name, sha in sorted(ingredients.sources.items())),
        files={
            name: File(hashlib.sha256(content).hexdigest(), len(content))
            for name, content in sorted(files.items())
        },
        front_end=FrontEndPart(
            name=FRONT_END,
            parameters={name: getattr(front_end, name) for name in front_end.__dataclass_fields__},
            window_samples=WINDOW,
            hop_samples=HOP,
            golden=Golden("golden/sound.npy", "golden/features.npy", tolerance=0.01),
        ),
        voice=Voice(
            trunk=_model("trunk"),
            head=_model("head"),
            receptive_field_frames=ingredients.parts["trunk"].representative.shape[1],
            stride_frames=HOP // front_end.frame_step,
            dimensions=dimensions,
        ),
        attributes=(
            ChoiceAttribute(
                name="gender",
                sensitive=False,
                model=_model("gender"),
                classes=tuple(gender["classes"]),
                calibration=ChoiceCalibration(
                    temperature=gender["temperature"],
                    threshold=gender["threshold"],
                    withheld=(Withheld("child", gender["child_above"], CHILD_REASON),),
                ),
            ),
            QuantityAttribute(
                name="age",
                sensitive=False,
                model=_model("age"),
                unit="years",
                bins=bins,
                calibration=QuantityCalibration(
                    **{k: age[k] for k in QuantityCalibration.__struct_fields__}
                ),
            ),
        ),
        absent=ABSENT,
        face=Face(
            model=_model("face"),
            size=ingredients.face_size,
            parameters=drives.parameters(ingredients.parameters),
            drives=drives.drives(),
            identity=drives.identity("identity.npy"),
            styles=drives.styles("styles.npy"),
            vocal_tract=drives.vocal_tract(ingredients.tract),
            measures=drives.measures(ingredients.measures),
        ),
        certificate="certificate.json",
        model_card="MODEL_CARD.md",
    )


def _model(name: str) -> Model:
    return Model(files={"cpu": f"{name}.tflite"})


def _write(files: Mapping[str, bytes], manifest: Manifest, out: Path) -> None:
    """All files into a folder beside `out`, then into its place: never half a bundle."""
    fresh = out.with_name(f"{out.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for name, content in files.items():
        path = fresh / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    (fresh / MANIFEST).write_bytes(text + b"\n")
    if out.exists():
        shutil.rmtree(out)
    fresh.rename(out)


def _npy(array: np.ndarray[Any, np.dtype[np.float32]]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array, np.float32))
    return buffer.getvalue()


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, sort_keys=True) + "\n").encode()
