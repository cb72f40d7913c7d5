"""Reads `bundle.json`, and refuses one whose parts do not fit each other."""

from __future__ import annotations

import re
from itertools import pairwise

import msgspec

from edge.errors import BundleError
from edge.inference.manifest import (
    ROLES,
    SCHEMA_VERSION,
    AttentionPooling,
    AttributePart,
    ChoiceAttribute,
    ChoiceDrive,
    Face,
    Manifest,
    models,
    referenced_files,
)

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
"""no leading slash, no `..`, no hidden file"""


def parse_manifest(text: bytes) -> Manifest:
    """The manifest in `bundle.json`. Raises BundleError that names the key at fault."""
    try:
        version = msgspec.json.decode(text, type=_Version).schema_version
        if version != SCHEMA_VERSION:
            raise BundleError(
                f"bundle.json has schema version {version}; this program reads {SCHEMA_VERSION}. "
                "Convert the model again, or update speech2face-edge."
            )
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise BundleError(f"bundle.json is damaged or not a bundle's: {error}.") from error
    except RecursionError as error:
        raise BundleError("bundle.json is damaged or not a bundle's: nested too deep.") from error
    _check_references(manifest)
    return manifest


class _Version(msgspec.Struct):
    schema_version: int


def _check_references(manifest: Manifest) -> None:
    """Every file and name that the manifest refers to must be in it, and its numbers must fit."""
    for name in (*manifest.files, *referenced_files(manifest)):
        if not _FILE_NAME.fullmatch(name):
            raise BundleError(
                f"bundle.json names the file {name!r}, which leaves the bundle. Refused."
            )
    for name in referenced_files(manifest):
        if name not in manifest.files:
            raise BundleError(f"bundle.json refers to {name} but does not list it under files.")
    for role, model in models(manifest).items():
        if "cpu" not in model.files:
            raise BundleError(f"bundle.json has no file of the {role} for the target cpu.")
    if manifest.front_end.hop_samples > manifest.front_end.window_samples:
        raise BundleError("bundle.json has windows with gaps: hop_samples is above window_samples.")
    _check_evidence(manifest)
    names = [part.name for part in manifest.attributes]
    if len(set(names)) < len(names) or ROLES & set(names):
        raise BundleError("bundle.json has two attributes of one name, or one named like a model.")
    for part in manifest.attributes:
        _check_attribute(part)
    _check_face(manifest.face, set(names))


def _check_evidence(manifest: Manifest) -> None:
    """Attention looks back only so far: the evidence that is asked for must fit in there."""
    pooling, part = manifest.voice.pooling, manifest.front_end
    if not isinstance(pooling, AttentionPooling):
        return
    longest = (pooling.most_windows - 1) * part.hop_samples + part.window_samples
    if longest < manifest.voice.minimum_evidence_s * 16000:
        raise BundleError(
            f"bundle.json asks for {manifest.voice.minimum_evidence_s} s of speech, but its "
            f"attention looks back only {longest / 16000:.2f} s."
        )


def _check_attribute(part: AttributePart) -> None:
    if isinstance(part, ChoiceAttribute):
        withheld = {each.class_name for each in part.calibration.withheld}
        if not withheld < set(part.classes):
            raise BundleError(
                f"bundle.json withholds classes of {part.name} that it does not have, or all."
            )
    elif part.calibration.low_quantile >= part.calibration.high_quantile:
        raise BundleError(f"bundle.json gives {part.name} an interval whose ends are swapped.")


def _check_face(face: Face, attributes: set[str]) -> None:
    known = {parameter.name for parameter in face.parameters}
    used: set[str] = set()
    drivers = {drive.attribute for drive in face.drives}
    for drive in face.drives:
        if isinstance(drive, ChoiceDrive):
            used.update(*drive.classes.values())
            continue
        used.update(drive.parameters)
        if any(a >= b for a, b in pairwise(drive.at)):
            raise BundleError(f"bundle.json has a table for {drive.attribute} that does not rise.")
        if any(len(row) != len(drive.at) for row in drive.parameters.values()):
            raise BundleError(
                f"bundle.json has a table for {drive.attribute} whose rows differ in length."
            )
    for part in (face.identity, face.vocal_tract):
        used.update(part.amplitudes if part else ())
    if face.styles:
        used.update(*face.styles.classes.values())
    drivers |= {part.attribute for part in (face.styles, face.vocal_tract) if part}
    if used - known:
        raise BundleError(
            f"bundle.json drives the face by {', '.join(sorted(used - known))}, "
            "which the face decoder does not take."
        )
    if drivers - attributes:
        raise BundleError(
            f"bundle.json drives the face by {', '.join(sorted(drivers - attributes))}, "
            "which the bundle does not estimate."
        )
    measures = face.measures
    if measures and (
        len({len(measures.names), len(measures.weights), len(measures.bias), len(measures.r2)}) > 1
        or any(len(row) != len(face.parameters) for row in measures.weights)
    ):
        raise BundleError("bundle.json has craniofacial measures that do not fit the parameters.")
    if measures and face.landmarks:
        raise BundleError(
            "bundle.json has craniofacial measures both of parameters and of landmarks. "
            "Leave one of them out."
        )
    if face.shared and face.parameters:
        raise BundleError(
            "bundle.json has a face that takes named parameters and a network between the face "
            "feature and the face. Leave one of them out."
        )
