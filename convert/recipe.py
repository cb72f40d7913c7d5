"""A recipe: what a bundle is built from. Strict TOML; an unknown key is refused, never ignored.

Paths in it are relative to the recipe; they are absolute once it is loaded. `convert/recipes/` has
an example for every family, and `s2f-convert recipe schema` prints the JSON schema.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from edge.errors import UsageError
from edge.inference.manifest import Bins, LandmarkScheme, Share

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
PathName = Annotated[str, Meta(min_length=1)]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A TOML table whose unknown keys are errors."""


class BundleRecipe(_Table, frozen=True):
    name: Annotated[Name, Meta(description="Name of the bundle.")]
    licence: Annotated[str, Meta(min_length=1, description="Licence of the bundle.")]
    version: Annotated[str, Meta(description="Version of the bundle.")] = "1"
    model_card: Annotated[
        str, Meta(description="Markdown file; empty writes one from what is measured.")
    ] = ""


class VoiceRecipe(_Table, frozen=True):
    checkpoint: Annotated[PathName, Meta(description="File with the voice encoder.")]
    family: Annotated[str, Meta(description="Family of the checkpoint; empty: recognised.")] = ""
    front_end: Annotated[
        str, Meta(description="Front end by name; empty: the family's. ONNX and Keras need it.")
    ] = ""
    front_end_parameters: Annotated[
        dict[str, Any], Meta(description="Parameters of the front end that are not its defaults.")
    ] = {}
    bins_first: Annotated[
        bool, Meta(description="ONNX and Keras: the graph takes (bins, frames).")
    ] = False
    strides: Annotated[
        int,
        Meta(
            ge=0,
            description="Steps of the encoder's stride that one run of the trunk advances: more "
            "is cheaper and later. 0: the family's default.",
        ),
    ] = 0
    stream: Annotated[
        bool | None,
        Meta(
            description="The trunk keeps the state of its layers, so that no frame is computed "
            "twice. Zeros at the ends of windows become real frames. Left out: the family's."
        ),
    ] = None
    window_s: Annotated[
        float, Meta(ge=0, le=20, description="Seconds of a window; 0: the family's default.")
    ] = 0.0
    step_s: Annotated[
        float, Meta(ge=0, le=20, description="Seconds from window to window; 0: the default.")
    ] = 0.0
    change: Annotated[
        bool,
        Meta(
            description="Learn from the calibration sounds when another person begins to speak; "
            "each is taken for one speaker, and different ones for different speakers."
        ),
    ] = False
    minimum_evidence_s: Annotated[
        float, Meta(ge=0, description="Seconds of speech below which nothing is said.")
    ] = 1.0


class FaceRecipe(_Table, frozen=True):
    checkpoint: Annotated[
        str, Meta(description="File with the face decoder; empty: the voice's file has it too.")
    ] = ""
    family: Annotated[str, Meta(description="Family of the checkpoint; empty: recognised.")] = ""
    picture: Annotated[
        Literal["", "0..1", "-1..1", "0..255", "imagenet", "sigmoid"],
        Meta(
            description="What the decoder's values are: a range, normalised as for ImageNet, or "
            "logits of a sigmoid. Empty: the family's."
        ),
    ] = ""
    size: Annotated[
        int, Meta(ge=0, le=2048, description="Pixels, where a decoder has several; 0: the largest.")
    ] = 0
    landmarks: Annotated[
        LandmarkScheme | Literal[""],
        Meta(description="Which point is which, for measures; empty: the family's."),
    ] = ""
    mean_landmarks: Annotated[
        str,
        Meta(description="CSV or .npy, (n, 2) pixels: where the points lie before the warp."),
    ] = ""
    drive: Annotated[
        str,
        Meta(
            description="JSON with `parameters`, `drives`, … of the bundle's face, for decoders "
            "that take named parameters instead of a face feature."
        ),
    ] = ""
    examples: Annotated[
        str,
        Meta(description=".npy, (n, inputs): what the decoder was trained on, to set ranges."),
    ] = ""


class LabelsRecipe(_Table, frozen=True):
    """A table of people: file, label, and who spoke."""

    file: Annotated[PathName, Meta(description="CSV with a header.")]
    column: Annotated[str, Meta(min_length=1, description="Column with the label.")]
    sound: Annotated[str, Meta(description="Column with the sound file.")] = "file"
    speaker: Annotated[
        str, Meta(description="Column with the speaker, who stays on one side of a split.")
    ] = "speaker"


class WithheldRecipe(_Table, frozen=True):
    class_name: str
    above: Share
    reason: Annotated[str, Meta(min_length=1)]


class AttributeRecipe(_Table, frozen=True):
    name: Annotated[Name, Meta(description="Name of the attribute: gender, age, ethnicity, …")]
    checkpoint: Annotated[
        str, Meta(description="Network on the face feature; empty: a linear one is fitted.")
    ] = ""
    family: Annotated[str, Meta(description="Family of the checkpoint; empty: recognised.")] = ""
    labels: Annotated[
        LabelsRecipe | None, Meta(description="Labelled sounds to fit or calibrate on.")
    ] = None
    sensitive: Annotated[
        bool, Meta(description="Runs only when the owner of the board switches it on.")
    ] = False
    classes: Annotated[tuple[str, ...], Meta(description="For a choice: the classes.")] = ()
    bins: Annotated[Bins | None, Meta(description="For a quantity: equal bins.")] = None
    unit: Annotated[str, Meta(description="For a quantity: its unit.")] = ""
    temperature: Annotated[
        float, Meta(ge=0, description="Calibration; 0: fitted on the labels.")
    ] = 0.0
    threshold: Annotated[
        float, Meta(ge=0, le=1, description="Probability from which a class is given.")
    ] = 0.8
    withheld: Annotated[
        tuple[WithheldRecipe, ...], Meta(description="Classes that stop an answer.")
    ] = ()
    low_quantile: Share = 0.1
    high_quantile: Share = 0.9
    coverage: Annotated[
        float, Meta(ge=0, le=1, description="Share in the interval, measured; 0: on the labels.")
    ] = 0.0
    widest: Annotated[
        float, Meta(gt=0, description="An interval wider than this says nothing.")
    ] = 50.0


class SoundsRecipe(_Table, frozen=True):
    calibration: Annotated[
        tuple[PathName, ...],
        Meta(min_length=1, description="Files, folders or patterns: speech to set int8 ranges."),
    ]
    held_out: Annotated[
        tuple[PathName, ...], Meta(min_length=1, description="Other speech, for the certificate.")
    ]
    most_calibration: Annotated[int, Meta(ge=2, description="Windows, drawn evenly.")] = 200
    most_held_out: Annotated[int, Meta(ge=2, description="Sounds, drawn evenly.")] = 50
    seconds: Annotated[float, Meta(gt=0, le=60, description="Of each held-out sound.")] = 6.0


class QuantizationRecipe(_Table, frozen=True):
    scheme: Annotated[
        Literal["int8", "16x8"],
        Meta(description="16x8: int16 between the layers, for the cpu target alone."),
    ] = "int8"
    equalize: Annotated[bool, Meta(description="Cross-layer equalisation (Nagel et al. 2019).")] = (
        False
    )
    correct_bias: Annotated[
        bool, Meta(description="Correct the shift of each layer's mean (Nagel et al. 2019).")
    ] = False
    round_weights: Annotated[
        bool, Meta(description="Round weights so that their errors cancel (Frantar et al. 2023).")
    ] = False


class Recipe(_Table, frozen=True):
    bundle: BundleRecipe
    voice: VoiceRecipe
    face: FaceRecipe
    sounds: SoundsRecipe
    attributes: tuple[AttributeRecipe, ...] = ()
    absent: Annotated[
        dict[str, str], Meta(description="Attributes that are not in the bundle, and why.")
    ] = {}
    quantization: QuantizationRecipe = QuantizationRecipe()


def load_recipe(path: Path) -> Recipe:
    """Read a recipe. Raises UsageError that names the key at fault."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The recipe {path} cannot be read: {error}.") from error
    try:
        return _located(msgspec.convert(tomllib.loads(text), Recipe), path.resolve().parent)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"The recipe {path} is not TOML: {error}.") from error
    except msgspec.ValidationError as error:
        raise UsageError(
            f"{path}: {error}. `s2f-convert recipe schema` lists every key and what it takes."
        ) from error


PATHS: dict[type[_Table], tuple[str, ...]] = {
    BundleRecipe: ("model_card",),
    VoiceRecipe: ("checkpoint",),
    FaceRecipe: ("checkpoint", "mean_landmarks", "drive", "examples"),
    AttributeRecipe: ("checkpoint",),
    LabelsRecipe: ("file",),
    SoundsRecipe: ("calibration", "held_out"),
}
"""keys that name files"""


def _located(table: Any, folder: Path) -> Any:
    """The table with the files in it named from `folder`; empty names stay empty."""
    if isinstance(table, tuple):
        return tuple(_located(each, folder) for each in table)
    if not isinstance(table, _Table):
        return table
    changed: dict[str, Any] = {}
    for name in table.__struct_fields__:
        value = getattr(table, name)
        if name not in PATHS.get(type(table), ()):
            changed[name] = _located(value, folder)
        elif isinstance(value, tuple):
            changed[name] = tuple(str(folder / each) for each in value)
        else:
            changed[name] = str(folder / value) if value else ""
    return msgspec.structs.replace(table, **changed)


def named_files(recipe: Recipe) -> list[str]:
    """Every single file that a recipe names; sounds are patterns, and are left out."""
    tables: list[_Table] = [recipe.bundle, recipe.voice, recipe.face, *recipe.attributes]
    tables += [each.labels for each in recipe.attributes if each.labels]
    names = [getattr(table, name) for table in tables for name in PATHS[type(table)]]
    return [name for name in names if name]


def schema() -> dict[str, Any]:
    """JSON schema of a recipe."""
    return msgspec.json.schema(Recipe)
