"""A verified bundle in memory: manifest, files, front end."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from edge.errors import BundleError
from edge.face.landmarks import point_count
from edge.inference.arrays import Floats, parse_array, require_shape
from edge.inference.container import FILE_LIMIT, MANIFEST, MANIFEST_LIMIT, open_container
from edge.inference.manifest import AttentionPooling, Manifest, Target, models
from edge.inference.manifest_reader import parse_manifest
from edge.voice.front_ends import FrontEnd, front_end

TOTAL_LIMIT = 2**30
"""bytes of all files together; the paper's encoder with a large decoder has 270 MB a target"""


@dataclass(frozen=True)
class Bundle:
    """A bundle whose files are the ones that its manifest describes."""

    manifest: Manifest
    sha256: str
    """of bundle.json, which holds the hashes of all other files"""
    contents: Mapping[str, bytes]
    front_end: FrontEnd
    """makes what the trunk takes, bins first where the manifest says so"""

    @property
    def name(self) -> str:
        return self.manifest.name

    def model(self, role: str, target: Target = "cpu") -> bytes:
        """The `.tflite` for a role (`trunk`, `head`, `face`, …, or an attribute's name).

        A target without a file of its own gets the one for `cpu`.
        """
        return self.contents[models(self.manifest)[role].file(target)]

    def array(self, name: str) -> Floats:
        """The `.npy` file of that name. Raises BundleError."""
        return parse_array(self.contents[name], name)


def reference_path() -> Path:
    """Where the bundle that ships with the package lies."""
    return Path(str(resources.files("edge"))) / "bundles" / "reference"


def load_bundle(path: Path, target: Target | None = None, *, keep_cpu: bool = False) -> Bundle:
    """Read and verify a bundle, folder or zip.

    Every file must be there with its size and SHA-256, and the front end must still make the
    golden features of the golden sound. With a `target`, networks that only other targets run are
    verified, and not kept in memory; `keep_cpu` keeps those for the CPU too.
    Raises BundleError that names what is wrong.
    """
    container = open_container(path)
    text = container.read(MANIFEST, MANIFEST_LIMIT)
    manifest = parse_manifest(text)
    claimed = sum(file.bytes for file in manifest.files.values())
    if claimed > TOTAL_LIMIT:
        raise BundleError(
            f"The bundle claims {claimed:,} bytes; at most {TOTAL_LIMIT:,} are read. Refused."
        )
    wanted: set[Target] = {target, "cpu"} if target and keep_cpu else {target} if target else set()
    unused = _unused(manifest, wanted) if wanted else frozenset()
    contents: dict[str, bytes] = {}
    for name, file in manifest.files.items():
        data = container.read(name, min(file.bytes, FILE_LIMIT))
        if len(data) != file.bytes:
            raise BundleError(
                f"The bundle's {name} has {len(data):,} bytes instead of {file.bytes:,}. "
                "Copy the bundle again."
            )
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise BundleError(
                f"The bundle's {name} was changed or damaged: its SHA-256 is not the one in "
                f"{MANIFEST}. Copy the bundle again."
            )
        if name not in unused:
            contents[name] = data
    part = manifest.front_end
    bundle = Bundle(
        manifest=manifest,
        sha256=hashlib.sha256(text).hexdigest(),
        contents=contents,
        front_end=front_end(part.name, part.parameters, part.bins_first),
    )
    _check_golden(bundle)
    _check_arrays(bundle)
    return bundle


def _unused(manifest: Manifest, wanted: set[Target]) -> frozenset[str]:
    """Files of networks that none of the targets runs."""
    parts = models(manifest).values()
    every = {name for model in parts for name in model.files.values()}
    return frozenset(every - {model.file(target) for model in parts for target in wanted})


def _check_golden(bundle: Bundle) -> None:
    """Refuse a front end that no longer makes what the voice encoder was trained on."""
    part = bundle.manifest.front_end
    sound, expected = bundle.array(part.golden.sound), bundle.array(part.golden.features)
    if sound.shape != (part.window_samples,):
        raise BundleError(
            f"The bundle's golden sound has the shape {sound.shape}, not ({part.window_samples},)."
        )
    try:
        features = bundle.front_end(sound)
    except ValueError as error:
        raise BundleError(
            f"The front end '{part.name}' cannot take windows of {part.window_samples} samples: "
            f"{error}."
        ) from error
    if features.shape != expected.shape:
        raise BundleError(
            f"The front end '{part.name}' makes features of shape {features.shape}; "
            f"the bundle was made for {expected.shape}."
        )
    difference = float(np.max(np.abs(features - expected)))
    if not difference <= part.golden.tolerance:
        raise BundleError(
            f"The front end '{part.name}' no longer matches the bundle's golden vectors: it is off "
            f"by {difference:.4g}, {part.golden.tolerance:.4g} is allowed. "
            "Use the version of speech2face-edge that the bundle was made for."
        )


def _check_arrays(bundle: Bundle) -> None:
    """Arrays must fit the manifest: a voice's own face, attention, mean landmarks."""
    manifest = bundle.manifest
    face, columns = manifest.face, manifest.voice.dimensions + 1
    if face.identity:
        name = face.identity.axes
        require_shape(bundle.array(name), (len(face.identity.amplitudes), columns), name)
    if face.styles:
        styles = {style for row in face.styles.classes.values() for style in row}
        name = face.styles.axes
        require_shape(bundle.array(name), (len(styles), columns), name)
    if manifest.voice.change:
        name = manifest.voice.change.mean
        require_shape(bundle.array(name), (manifest.voice.dimensions,), name)
    if isinstance(manifest.voice.pooling, AttentionPooling):
        _check_attention(bundle, manifest.voice.pooling)
    if face.landmarks and face.landmarks.mean:
        name = face.landmarks.mean
        points = bundle.array(name)
        require_shape(points, (point_count(face.landmarks.scheme), 2), name)
        if np.any(np.abs(points - face.size / 2) > face.size):
            raise BundleError(
                f"The bundle's {name} has points far outside the picture of {face.size} × "
                f"{face.size} pixels. Give them in pixels of the decoder's picture."
            )


def _check_attention(bundle: Bundle, part: AttentionPooling) -> None:
    """`inputs` is square; `outputs` takes twice as much, and gives the feature if no head does."""
    inputs, outputs = bundle.array(part.inputs), bundle.array(part.outputs)
    taken = len(inputs) if inputs.ndim else 0
    given = len(outputs) if outputs.ndim else 0
    if bundle.manifest.voice.head is None:
        given = bundle.manifest.voice.dimensions
    require_shape(inputs, (taken, taken), part.inputs)
    require_shape(outputs, (given, 2 * taken), part.outputs)
