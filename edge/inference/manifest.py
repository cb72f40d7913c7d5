"""`bundle.json`: the contract between `convert` and `edge`, as types.

Unknown keys are refused: what this version does not understand it must not guess. Paths are
relative to the bundle, with `/`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

SCHEMA_VERSION = 2

FileName = Annotated[str, Meta(max_length=200)]
"""a path inside the bundle, with `/`"""
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Share = Annotated[float, Meta(ge=0, le=1)]
Target = Literal["cpu", "coral", "jetson"]
ROLES = frozenset({"trunk", "stream", "head", "shared", "landmarks", "face"})
"""networks that are no attribute"""
LandmarkScheme = Literal["ibug-68", "face-recognition-72"]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=False):
    """A JSON object whose unknown keys are errors."""


class File(_Part, frozen=True):
    sha256: Sha256
    bytes: Annotated[int, Meta(ge=0)]


class Source(_Part, frozen=True):
    """A checkpoint that the bundle was made from."""

    name: str
    sha256: Sha256


class Golden(_Part, frozen=True):
    """A window of sound and the features that the front end must make of it."""

    sound: FileName
    """`.npy`, `(window_samples,) float32`"""
    features: FileName
    """`.npy`, what the front end returns"""
    tolerance: Annotated[float, Meta(gt=0, le=0.1)]
    """largest absolute difference that is allowed"""


class FrontEndPart(_Part, frozen=True):
    name: str
    parameters: dict[str, Any]
    window_samples: Annotated[int, Meta(ge=400, le=16000 * 20)]
    """samples at 16 kHz that one run of the trunk sees"""
    hop_samples: Annotated[int, Meta(ge=160, le=16000 * 20)]
    """samples of new speech from one run of the trunk to the next"""
    golden: Golden
    bins_first: bool = False
    """the trunk takes (bins, frames) instead of (frames, bins); the golden features too"""


class Model(_Part, frozen=True):
    """One network, as one `.tflite` per target. `cpu` is always there."""

    files: dict[Target, FileName]

    def file(self, target: Target) -> str:
        """The target's file, or the one for `cpu`."""
        return self.files.get(target, self.files["cpu"])


class MeanPooling(_Part, frozen=True, tag_field="kind", tag="mean"):
    """The windows' vectors are averaged: the paper's average over time."""

    unit_vectors: bool = False
    """each window's vector is scaled to length 1 first"""


class AttentionPooling(_Part, frozen=True, tag_field="kind", tag="attention"):
    """The windows attend to each other, then are averaged (Bai et al. 2022, SF2F).

    With vectors e, queries q = inputs · e, weights a = softmax over j of qᵢ · eⱼ, the result is
    the mean over i of outputs · [Σ a eⱼ, qᵢ].
    """

    inputs: FileName
    """`.npy`, `(n, n) float32`"""
    outputs: FileName
    """`.npy`, `(m, 2·n) float32`; m is what the head takes, or the face feature's dimensions"""
    unit_vectors: bool
    """each window's vector is scaled to length 1 first"""
    tanh: bool
    """a hyperbolic tangent follows before the mean"""
    most_windows: Annotated[int, Meta(ge=1, le=1000)]
    """the latest windows that take part: what the checkpoint was trained with"""


class VoiceChange(_Part, frozen=True):
    """How another person's voice is told from the one before, by the cosine of face features."""

    mean: FileName
    """`.npy`, `(dimensions,) float32`: of many speakers, taken off before the cosine"""
    windows: Annotated[int, Meta(ge=1, le=100)]
    """the latest, which are compared with those before"""
    threshold: Annotated[float, Meta(ge=-1, le=1)]
    """a cosine below it means another voice"""
    false_alarms: Share
    """of comparisons within one recording, on the sounds that set the threshold"""
    found: Share
    """of comparisons between two recordings there"""


class Voice(_Part, frozen=True):
    trunk: Model
    """features `(1, frames, bins, channels)` → vector `(1, n)`; the vectors are pooled"""
    head: Model | None
    """pooled vector `(1, n)` → face feature `(1, dimensions)`; null: it is the feature itself"""
    receptive_field_frames: Annotated[int, Meta(ge=1)]
    stride_frames: Annotated[int, Meta(ge=1)]
    dimensions: Annotated[int, Meta(ge=1)]
    """of the face feature"""
    minimum_evidence_s: Annotated[float, Meta(ge=0)] = 1.0
    """seconds of speech below which nothing is said about the speaker"""
    pooling: MeanPooling | AttentionPooling = MeanPooling()
    unit_feature: bool = False
    """the face feature is scaled to length 1 before anything takes it"""
    change: VoiceChange | None = None
    """null: only silence tells persons apart"""
    stream: Model | None = None
    """the trunk with state: the `hop_samples` of new frames and what the frames before left →
    the same vector as the trunk's of the window that ends with them, and what the next run needs.
    Input and output 0 are frames and vector, the others state, in the same order. Null: only the
    trunk is run, on whole windows"""


class Withheld(_Part, frozen=True):
    """When `class_name` is more probable than this, the attribute is withheld for that reason."""

    class_name: str
    above: Share
    reason: str


class ChoiceCalibration(_Part, frozen=True):
    temperature: Annotated[float, Meta(gt=0)]
    """logits are divided by it before the softmax (Guo et al. 2017)"""
    threshold: Share
    """a value is given when its probability is at least this"""
    withheld: tuple[Withheld, ...] = ()


class ChoiceAttribute(_Part, frozen=True, tag_field="kind", tag="choice"):
    """A network from the face feature to one logit per class."""

    name: str
    sensitive: bool
    model: Model
    classes: Annotated[tuple[str, ...], Meta(min_length=2)]
    calibration: ChoiceCalibration


class Bins(_Part, frozen=True):
    """Equal bins of a quantity: bin i spans first + i·width … first + (i+1)·width."""

    first: float
    width: Annotated[float, Meta(gt=0)]
    count: Annotated[int, Meta(ge=2, le=1000)]


class QuantityCalibration(_Part, frozen=True):
    temperature: Annotated[float, Meta(gt=0)]
    coverage: Share
    """share of speakers in the interval, measured"""
    low_quantile: Share
    high_quantile: Share
    """quantiles of the predicted distribution that bound the interval"""
    widest: Annotated[float, Meta(gt=0)]
    """an interval wider than this says nothing: abstain"""


class QuantityAttribute(_Part, frozen=True, tag_field="kind", tag="quantity"):
    """A network from the face feature to one logit per bin of a quantity."""

    name: str
    sensitive: bool
    model: Model
    unit: str
    bins: Bins
    calibration: QuantityCalibration


AttributePart = ChoiceAttribute | QuantityAttribute


class Parameter(_Part, frozen=True):
    """A named input of the face decoder."""

    name: str
    low: float
    high: float
    default: float
    role: Literal["demographic", "identity", "style", "expression"]
    meaning: str = ""


class ChoiceDrive(_Part, frozen=True, tag_field="kind", tag="choice"):
    """A choice attribute moves parameters as far as its probabilities carry:
    value = default + Σ probability(class) · (value for the class − default)."""

    attribute: str
    classes: dict[str, dict[str, float]]
    """parameter values by class; a class or parameter that is not listed keeps the default"""


class QuantityDrive(_Part, frozen=True, tag_field="kind", tag="quantity"):
    """A quantity moves parameters along a piecewise linear table."""

    attribute: str
    at: Annotated[tuple[float, ...], Meta(min_length=2)]
    """values of the quantity, rising"""
    parameters: dict[str, tuple[float, ...]]
    """parameter values at each of `at`"""


class Identity(_Part, frozen=True):
    """The rest of the face feature gives a voice its own face: variety, not estimation."""

    axes: FileName
    """`.npy`, `(parameters, dimensions + 1) float32`: directions in the face feature, last column
    the offset; scaled so that speakers spread with standard deviation 1"""
    amplitudes: dict[str, float]
    """parameter → its change at +1 standard deviation, in the order of the axes' rows"""


class Styles(_Part, frozen=True):
    """Parameters of which one is 1 and the others 0, e.g. hair styles: the attribute's classes
    give each style a weight, the voice's identity chooses among them."""

    attribute: str
    classes: dict[str, dict[str, float]]
    """weight of each style parameter by class"""
    axes: FileName
    """`.npy`, `(styles, dimensions + 1) float32`, as for Identity"""


class VocalTract(_Part, frozen=True):
    """Vocal tract length, measured in the sound, moves the size of the lower face."""

    expected_cm: dict[str, float]
    """by class of the attribute"""
    attribute: str
    deviation_cm: Annotated[float, Meta(gt=0)]
    """standard deviation within a class"""
    amplitudes: dict[str, float]
    """parameter → its change at +1 standard deviation"""


class Measures(_Part, frozen=True):
    """Craniofacial measures of the drawn face, linear in its parameters (Farkas 1994)."""

    names: tuple[str, ...]
    weights: tuple[tuple[float, ...], ...]
    """`(measures, parameters)`"""
    bias: tuple[float, ...]
    r2: tuple[float, ...]
    """share of variance that the linear form explains, per measure"""


class Landmarks(_Part, frozen=True):
    """Points of the face that a decoder gives beside the picture (Cole et al. 2017)."""

    model: Model
    """what `Face.model` takes → `(1, 2·n)`: x, y of each point, in pixels of the picture"""
    scheme: LandmarkScheme
    """which point is which: `edge.face.landmarks` has the tables"""
    mean: FileName | None = None
    """`.npy`, `(n, 2) float32`, pixels: where the points lie in the picture that the decoder
    gives, which is then warped to the landmarks; null when the picture is final as it is"""


class Face(_Part, frozen=True):
    """The face decoder: `(1, n) → (1, size, size, 3)`, RGB 0…1.

    With `parameters` it takes named parameters; without, it takes the face feature itself, or
    what `shared` makes of it.
    """

    model: Model
    size: Annotated[int, Meta(ge=16, le=2048)]
    shared: Model | None = None
    """face feature → the vector that `model` and `landmarks.model` take"""
    landmarks: Landmarks | None = None
    parameters: tuple[Parameter, ...] = ()
    drives: tuple[ChoiceDrive | QuantityDrive, ...] = ()
    identity: Identity | None = None
    styles: Styles | None = None
    vocal_tract: VocalTract | None = None
    measures: Measures | None = None


class Manifest(_Part, frozen=True):
    schema_version: int
    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    version: str
    licence: str
    created_by: str
    sources: tuple[Source, ...]
    files: dict[FileName, File]
    front_end: FrontEndPart
    voice: Voice
    attributes: tuple[AttributePart, ...]
    absent: dict[str, Annotated[str, Meta(min_length=1)]]
    """attributes that people may expect and this bundle does not have → why"""
    face: Face
    certificate: FileName
    model_card: FileName


def models(manifest: Manifest) -> dict[str, Model]:
    """Every network of the bundle by its role: trunk, stream, head, the attributes' names, shared,
    landmarks, face. Roles that the bundle does without are left out."""
    voice, face = manifest.voice, manifest.face
    roles = {
        "trunk": voice.trunk,
        "stream": voice.stream,
        "head": voice.head,
        **{attribute.name: attribute.model for attribute in manifest.attributes},
        "shared": face.shared,
        "landmarks": face.landmarks.model if face.landmarks else None,
        "face": face.model,
    }
    return {role: model for role, model in roles.items() if model is not None}


def targets(manifest: Manifest) -> list[Target]:
    """Targets that some network has a file for, `cpu` among them."""
    return sorted({target for model in models(manifest).values() for target in model.files})


def referenced_files(manifest: Manifest) -> list[str]:
    """Every file that some part of the manifest points to."""
    golden, face = manifest.front_end.golden, manifest.face
    names = [golden.sound, golden.features, manifest.certificate, manifest.model_card]
    names += [name for model in models(manifest).values() for name in model.files.values()]
    names += [part.axes for part in (face.identity, face.styles) if part]
    if isinstance(pooling := manifest.voice.pooling, AttentionPooling):
        names += [pooling.inputs, pooling.outputs]
    if manifest.voice.change:
        names.append(manifest.voice.change.mean)
    if face.landmarks and face.landmarks.mean:
        names.append(face.landmarks.mean)
    return names
