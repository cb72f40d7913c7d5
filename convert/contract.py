"""`bundle.json` from what was converted: the contract that the board reads."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import msgspec

from convert.change import Change
from convert.conversion import Converted
from convert.drive import Drive
from convert.encoder import Encoder
from convert.families.family import FaceDecoder, VoiceEncoder
from convert.gate.graph import read_graph
from convert.golden import golden_sound
from convert.recipe import AttributeRecipe, Recipe
from convert.writing import npy
from edge.inference.manifest import (
    SCHEMA_VERSION,
    AttentionPooling,
    AttributePart,
    ChoiceAttribute,
    ChoiceCalibration,
    Face,
    File,
    FrontEndPart,
    Golden,
    Landmarks,
    Manifest,
    MeanPooling,
    Model,
    QuantityAttribute,
    QuantityCalibration,
    Source,
    Target,
    Voice,
    VoiceChange,
    Withheld,
)
from edge.voice.front_ends import BinsFirst, FrontEnd

TOLERANCE = 0.01
"""by which a front end may differ from the golden features"""
GOLDEN_SOUND, GOLDEN_FEATURES = "golden/sound.npy", "golden/features.npy"
CERTIFICATE, CERTIFICATE_PAGE = "certificate.json", "certificate.html"
CARD = "MODEL_CARD.md"
CHANGE_MEAN = "voice_mean.npy"


@dataclass(frozen=True)
class Calibrated:
    """An attribute with its calibration, given or fitted."""

    recipe: AttributeRecipe
    temperature: float
    coverage: float


@dataclass(frozen=True)
class Draft:
    """Everything of a bundle but certificate and card."""

    manifest: Manifest
    files: Mapping[str, bytes]


def draft(
    recipe: Recipe,
    encoder: Encoder,
    face: FaceDecoder,
    drive: Drive | None,
    attributes: tuple[Calibrated, ...],
    absent: Mapping[str, str],
    converted: Mapping[str, Converted],
    sources: Mapping[str, str],
    change: Change | None = None,
) -> Draft:
    """Name the files, and describe them."""
    voice, front_end = encoder.voice, encoder.front_end
    sound = golden_sound(encoder.window_samples)
    files = {GOLDEN_SOUND: npy(sound), GOLDEN_FEATURES: npy(front_end(sound))}
    models: dict[str, Model] = {}
    for role, network in converted.items():
        models[role], named = _model(network)
        files |= named
    pooling: MeanPooling | AttentionPooling = MeanPooling(unit_vectors=voice.unit_vectors)
    if voice.attention:
        files["pooling/inputs.npy"] = npy(voice.attention.inputs)
        files["pooling/outputs.npy"] = npy(voice.attention.outputs)
        pooling = AttentionPooling(
            inputs="pooling/inputs.npy",
            outputs="pooling/outputs.npy",
            unit_vectors=voice.attention.unit_vectors,
            tanh=voice.attention.tanh,
            most_windows=voice.attention.most_windows,
        )
    part = Face(
        model=models["face"],
        size=_output_shape(converted["face"])[2],
        shared=models.get("shared"),
        landmarks=_landmarks(face, models, files),
    )
    if drive:
        files |= drive.files
        part = msgspec.structs.replace(part, **drive.parts)
    if change:
        files[CHANGE_MEAN] = npy(change.mean)
    manifest = Manifest(
        schema_version=SCHEMA_VERSION,
        name=recipe.bundle.name,
        version=recipe.bundle.version,
        licence=recipe.bundle.licence,
        created_by="s2f-convert build",
        sources=tuple(Source(name, sha) for name, sha in sorted(sources.items())),
        files={},
        front_end=FrontEndPart(
            name=voice.front_end.name,
            parameters=_parameters(front_end),
            window_samples=encoder.window_samples,
            hop_samples=encoder.hop_samples,
            golden=Golden(GOLDEN_SOUND, GOLDEN_FEATURES, tolerance=TOLERANCE),
            bins_first=voice.front_end.bins_first,
        ),
        voice=Voice(
            trunk=models["trunk"],
            head=models.get("head"),
            receptive_field_frames=voice.receptive_field_frames,
            stride_frames=voice.stride_frames,
            dimensions=_dimensions(voice, converted),
            minimum_evidence_s=recipe.voice.minimum_evidence_s,
            pooling=pooling,
            unit_feature=voice.unit_feature,
            change=VoiceChange(
                mean=CHANGE_MEAN,
                windows=change.windows,
                threshold=change.threshold,
                false_alarms=change.false_alarms,
                found=change.found,
            )
            if change
            else None,
            stream=models.get("stream"),
        ),
        attributes=tuple(_attribute(each, models[each.recipe.name]) for each in attributes),
        absent=dict(absent),
        face=part,
        certificate=CERTIFICATE,
        model_card=CARD,
    )
    return Draft(manifest, files)


def finished(made: Draft, further: Mapping[str, bytes]) -> Draft:
    """The draft with its last files, and all of them entered with their hashes."""
    files = {**made.files, **further}
    entries = {
        name: File(hashlib.sha256(content).hexdigest(), len(content))
        for name, content in sorted(files.items())
    }
    return Draft(msgspec.structs.replace(made.manifest, files=entries), files)


def _parameters(front_end: FrontEnd) -> dict[str, Any]:
    plain = front_end.turned if isinstance(front_end, BinsFirst) else front_end
    assert is_dataclass(plain)  # every front end is; the protocol cannot say so
    return {field.name: getattr(plain, field.name) for field in fields(plain)}


def _output_shape(network: Converted) -> tuple[int, ...]:
    return read_graph(network.in_float).outputs[0].shape


def _dimensions(voice: VoiceEncoder, converted: Mapping[str, Converted]) -> int:
    """Of the face feature: what the last part of the encoder gives."""
    if "head" in converted:
        return _output_shape(converted["head"])[-1]
    if voice.attention:
        return int(voice.attention.outputs.shape[0])
    return _output_shape(converted["trunk"])[-1]


def _model(network: Converted) -> tuple[Model, dict[str, bytes]]:
    """Where each target's file lies; equal files are one. `cpu` is always there."""
    names: dict[bytes, str] = {}
    files: dict[Target, str] = {}
    for target, content in network.shipped.items():
        suffix = "" if not names else f".{target}"
        files[target] = names.setdefault(content, f"{network.role}{suffix}.tflite")
    return Model(files=files), {name: content for content, name in names.items()}


def _landmarks(
    face: FaceDecoder, models: Mapping[str, Model], files: dict[str, bytes]
) -> Landmarks | None:
    if face.landmarks is None or face.scheme is None:
        return None
    mean = None
    if face.mean_landmarks is not None:
        mean = "mean_landmarks.npy"
        files[mean] = npy(face.mean_landmarks)
    return Landmarks(model=models["landmarks"], scheme=face.scheme, mean=mean)


def _attribute(calibrated: Calibrated, model: Model) -> AttributePart:
    recipe = calibrated.recipe
    if recipe.bins is None:
        return ChoiceAttribute(
            name=recipe.name,
            sensitive=recipe.sensitive,
            model=model,
            classes=recipe.classes,
            calibration=ChoiceCalibration(
                temperature=calibrated.temperature,
                threshold=recipe.threshold,
                withheld=tuple(Withheld(w.class_name, w.above, w.reason) for w in recipe.withheld),
            ),
        )
    return QuantityAttribute(
        name=recipe.name,
        sensitive=recipe.sensitive,
        model=model,
        unit=recipe.unit,
        bins=recipe.bins,
        calibration=QuantityCalibration(
            temperature=calibrated.temperature,
            coverage=calibrated.coverage,
            low_quantile=recipe.low_quantile,
            high_quantile=recipe.high_quantile,
            widest=recipe.widest,
        ),
    )
