"""What a family of checkpoints gives: the networks of a bundle, and how they fit together.

A family is a module of this package with the functions of the protocol `Family`. It reads one
kind of published checkpoint, and knows what its file cannot say: the front end, the order of the
axes, how windows are pooled, what the picture's values mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from convert.checkpoints.checkpoint import Checkpoint
from convert.nets.net import Floats, Net
from convert.recipe import AttributeRecipe, FaceRecipe, VoiceRecipe
from edge.inference.manifest import LandmarkScheme

Role = Literal["voice", "face", "attribute"]


@dataclass(frozen=True)
class FrontEndChoice:
    """The front end that a checkpoint was trained on."""

    name: str
    """as in `edge.voice.front_ends`"""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """where they differ from the front end's defaults"""
    bins_first: bool = False
    """the trunk takes (bins, frames)"""


@dataclass(frozen=True)
class Attention:
    """Weights of `edge.inference.manifest.AttentionPooling`."""

    inputs: Floats
    """`(n, n)`"""
    outputs: Floats
    """`(m, 2·n)`"""
    unit_vectors: bool
    tanh: bool
    most_windows: int


@dataclass(frozen=True)
class VoiceEncoder:
    """A voice encoder, cut for streaming: trunk on each window, pooling, head."""

    front_end: FrontEndChoice
    trunk: Net
    """features of one window → `(1, n)`"""
    head: Net | None
    """pooled vector `(1, n)` → face feature; None: the pooled vector is the feature"""
    frames: int
    """of one window"""
    step_frames: int
    """from one window to the next"""
    receptive_field_frames: int
    stride_frames: int
    window_samples: int = 0
    """of a window, where it holds more than its frames take; 0: as few as give the frames"""
    published: Callable[[Floats], Floats] | None = None
    """the checkpoint as its authors run it: features `(frames, bins[, channels])` of one clip →
    face feature `(dimensions,)`. For a clip of one window it must agree with trunk and head"""
    attention: Attention | None = None
    """None: the windows' vectors are averaged"""
    unit_vectors: bool = False
    """each window's vector is scaled to length 1 before they are averaged"""
    unit_feature: bool = False
    """the feature is scaled to length 1 before anything takes it"""
    stream: bool = False
    """whether the trunk keeps its state, where the recipe does not say"""


@dataclass(frozen=True)
class FaceDecoder:
    """A face decoder: face feature or parameters → picture, and landmarks where it has them."""

    picture: Net
    """→ `(1, size, size, 3)`, RGB 0…1"""
    shared: Net | None = None
    """face feature → what `picture` and `landmarks` take; None: they take the feature itself"""
    landmarks: Net | None = None
    """→ `(1, 2·n)`: x, y of each point in pixels of the picture"""
    scheme: LandmarkScheme | None = None
    mean_landmarks: Floats | None = None
    """`(n, 2)`, pixels: where the points lie in `picture`, which the board then warps"""
    published: Callable[[Floats], tuple[Floats, Floats | None]] | None = None
    """the checkpoint as its authors run it: feature `(n,)` → picture and landmarks `(n, 2)`"""


@dataclass(frozen=True)
class Match:
    """Why a file looks like a family's."""

    role: Role
    reason: str
    """in words: which keys or shapes said so"""
    also: tuple[Role, ...] = ()
    """what else lies in the same file: a voice encoder's face decoder"""


class Family(Protocol):
    """One kind of checkpoint. A function that a family has no use for raises UsageError."""

    NAME: str
    """as in recipes: `s2f-paper`, `wen-2019`, …"""
    SUMMARY: str
    """one line for `s2f-convert families`"""

    def recognise(self, checkpoint: Checkpoint) -> Match | None:
        """What the file is in this family, or None."""

    def voice(self, checkpoint: Checkpoint, recipe: VoiceRecipe) -> VoiceEncoder:
        """The voice encoder in the file. Raises CheckpointError."""

    def face(self, checkpoint: Checkpoint, recipe: FaceRecipe) -> FaceDecoder:
        """The face decoder in the file. Raises CheckpointError."""

    def attribute(self, checkpoint: Checkpoint, recipe: AttributeRecipe) -> Net:
        """The network on the face feature in the file: feature → logits. Raises
        CheckpointError."""
