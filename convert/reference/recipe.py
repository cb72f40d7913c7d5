"""The recipe of the reference bundle, from the work folders of voice and face.

A folder that needs nothing else but sounds: checkpoints, drive, examples, model card, and the
`recipe.toml` that `s2f-convert build` takes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

import msgspec
import numpy as np
import torch
from torch import nn

from convert.drive import DriveFile
from convert.nets.net import Floats
from convert.reference import drives
from convert.reference.card import card
from convert.reference.face.parameters import HAIR_STYLES, sample_expression, sample_face
from convert.reference.identity import SEED, identity_axes, steadiness
from convert.reference.ingredients import Ingredients
from convert.writing import npy, write_folder

Progress = Callable[[str], None]

CHILD_REASON = "a child's voice cannot be ruled out, and gender is not given for children"
EXAMPLES = 400
AXES = {"identity": "identity.npy", "styles": "styles.npy"}


def write_recipe(
    ingredients: Ingredients,
    networks: Mapping[str, nn.Module],
    out: Path,
    progress: Progress = lambda step: None,
) -> None:
    """Write the folder `out`, replacing what is there.

    `networks`: voice and face. Raises ConvertError.
    """
    progress("Finding what is a voice's own")
    identity = identity_axes(ingredients.fitted, len(drives.IDENTITY))
    styles = identity_axes(ingredients.fitted, len(HAIR_STYLES), seed=SEED + 1)
    steady = steadiness(np.concatenate([identity, styles]), ingredients.unseen)
    progress("Writing the recipe")
    files = {
        **{f"{name}.pt": _state(network) for name, network in networks.items()},
        "identity.npy": npy(identity),
        "styles.npy": npy(styles),
        "examples.npy": npy(face_examples()),
        "drive.json": _json(drive(ingredients)),
        "MODEL_CARD.md": card(ingredients, steady).encode(),
        "recipe.toml": recipe(ingredients.calibration).encode(),
    }
    write_folder(files, out)


def drive(ingredients: Ingredients) -> DriveFile:
    """How estimates move the reference face."""
    return DriveFile(
        parameters=drives.parameters(ingredients.parameters),
        drives=drives.drives(),
        identity=drives.identity(AXES["identity"]),
        styles=drives.styles(AXES["styles"]),
        vocal_tract=drives.vocal_tract(ingredients.tract),
        measures=drives.measures(ingredients.measures),
    )


def face_examples(seed: int = 0) -> Floats:
    """Faces as the decoder was trained on, `(EXAMPLES, parameters) float32`."""
    chance = np.random.default_rng(seed)
    faces = [sample_face(chance) for _ in range(EXAMPLES)]
    return np.stack([sample_expression(face, chance) for face in faces])


def recipe(calibration: Mapping[str, Any]) -> str:
    """`recipe.toml` with the calibration that was measured (`calibration.json`)."""
    template = Template((resources.files(__package__) / "recipe.toml").read_text("utf-8"))
    gender, age = calibration["gender"], calibration["age"]
    values = {
        "gender_classes": gender["classes"],
        "gender_temperature": gender["temperature"],
        "gender_threshold": gender["threshold"],
        "child_above": gender["child_above"],
        "child_reason": CHILD_REASON,
        "bins_first": age["bins"]["first"],
        "bins_width": age["bins"]["width"],
        "bins_count": age["bins"]["count"],
        "age_temperature": age["temperature"],
        "age_coverage": age["coverage"],
        "age_low": age["low_quantile"],
        "age_high": age["high_quantile"],
        "age_widest": age["widest"],
    }
    # JSON's numbers, strings and lists of strings are TOML's
    return template.substitute({name: json.dumps(value) for name, value in values.items()})


def _state(network: nn.Module) -> bytes:
    """The weights alone, as `torch.save` writes them."""
    buffer = io.BytesIO()
    torch.save(network.state_dict(), buffer)
    return buffer.getvalue()


def _json(value: msgspec.Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
