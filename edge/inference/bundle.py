"""A verified bundle in memory: manifest, files, front end."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge.errors import BundleError
from edge.inference.container import FILE_LIMIT, MANIFEST, MANIFEST_LIMIT, open_container
from edge.inference.manifest import Manifest, Target, models
from edge.inference.manifest_reader import parse_manifest
from edge.voice.front_ends import FrontEnd, front_end

TOTAL_LIMIT = 512 * 2**20
"""bytes of all files of a bundle together"""


@dataclass(frozen=True)
class Bundle:
    """A bundle whose files are the ones that its manifest describes."""

    manifest: Manifest
    sha256: str
    """of bundle.json, which holds the hashes of all other files"""
    contents: Mapping[str, bytes]
    front_end: FrontEnd

    @property
    def name(self) -> str:
        return self.manifest.name

    def model(self, role: str, target: Target = "cpu") -> bytes:
        """The `.tflite` for a role (`trunk`, `head`, `face`, or an attribute's name).

        A target without a file of its own gets the one for `cpu`.
        """
        files = models(self.manifest)[role].files
        return self.contents[files.get(target, files["cpu"])]

    def array(self, name: str) -> npt.NDArray[np.float32]:
        """The `.npy` file of that name. Raises BundleError."""
        return _array(self.contents[name], name)


def reference_path() -> Path:
    """Where the bundle that ships with the package lies."""
    return Path(str(resources.files("edge"))) / "bundles" / "reference"


def load_bundle(path: Path) -> Bundle:
    """Read and verify a bundle, folder or zip.

    Every file must be there with its size and SHA-256, and the front end must still make the
    golden features of the golden sound. Raises BundleError that names what is wrong.
    """
    container = open_container(path)
    text = container.read(MANIFEST, MANIFEST_LIMIT)
    manifest = parse_manifest(text)
    claimed = sum(file.bytes for file in manifest.files.values())
    if claimed > TOTAL_LIMIT:
        raise BundleError(
            f"The bundle claims {claimed:,} bytes; at most {TOTAL_LIMIT:,} are read. Refused."
        )
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
        contents[name] = data
    bundle = Bundle(
        manifest=manifest,
        sha256=hashlib.sha256(text).hexdigest(),
        contents=contents,
        front_end=front_end(manifest.front_end.name, manifest.front_end.parameters),
    )
    _check_golden(bundle)
    _check_axes(bundle)
    return bundle


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


def _check_axes(bundle: Bundle) -> None:
    """The directions of a voice's own face must fit the face feature and the parameters."""
    face, columns = bundle.manifest.face, bundle.manifest.voice.dimensions + 1
    wanted = []
    if face.identity:
        wanted.append((face.identity.axes, len(face.identity.amplitudes)))
    if face.styles:
        styles = {name for row in face.styles.classes.values() for name in row}
        wanted.append((face.styles.axes, len(styles)))
    for name, rows in wanted:
        axes = bundle.array(name)
        if axes.shape != (rows, columns) or not np.all(np.isfinite(axes)):
            raise BundleError(
                f"The bundle's {name} has the shape {axes.shape} or values that are not numbers; "
                f"{(rows, columns)} is wanted. Convert the model again."
            )


def _array(data: bytes, name: str) -> npt.NDArray[np.float32]:
    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise BundleError(f"The bundle's {name} is not a NumPy array: {error}.") from error
    if not isinstance(array, np.ndarray) or array.dtype != np.float32:
        raise BundleError(f"The bundle's {name} is not an array of float32.")
    return array
