"""What the reference bundle is made from: the work folders of the voice and of the face."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from convert.nets.net import Floats
from convert.reference.face.network import RESOLUTIONS, FaceDecoder
from convert.reference.identity import Voices, read_voices
from convert.reference.voice.network import from_checkpoint
from edge.errors import UsageError

VOICE_FILES = (
    "voice.pt",
    "calibration.json",
    "evaluation.json",
    "embeddings.npz",
    "tract.json",
)
FACE_FILES = (
    "face.pt",
    "parameters.json",
    "measures.json",
    "evaluation.json",
)

MEASURED = {"voice": VOICE_FILES[1:4], "face": ("evaluation.json",)}
"""files that hold for one checkpoint only"""


@dataclass(frozen=True)
class Ingredients:
    """Everything that goes into the bundle, measured and trained."""

    calibration: dict[str, Any]
    evaluation: dict[str, Any]
    """of the voice, on test speakers"""
    tract: dict[str, dict[str, float]]
    """gender class → how long the board measures vocal tracts"""
    fitted: Voices
    """speakers for the identity axes"""
    unseen: Voices
    """speakers to measure them on"""
    parameters: list[dict[str, Any]]
    measures: dict[str, Any]
    face_evaluation: dict[str, Any]
    people: dict[str, dict[str, int]]
    """corpus → part of the split → speakers"""
    face_size: int
    """pixels of a side of the drawn face"""


def read_networks(voice: Path, face: Path) -> dict[str, nn.Module]:
    """The trained networks, `voice` and `face`."""
    return {
        "voice": from_checkpoint(voice / "voice.pt"),
        "face": FaceDecoder.from_checkpoint(face / "face.pt"),
    }


def read_ingredients(voice: Path, face: Path) -> Ingredients:
    """Read both work folders. Raises UsageError that names the stage to run."""
    _require(voice, VOICE_FILES, "voice")
    _require(face, FACE_FILES, "face")
    networks = from_checkpoint(voice / "voice.pt").parts()
    columns = _load(voice / "embeddings.npz")
    gender, age = (_outputs(networks[name], columns["embedding"]) for name in ("gender", "age"))
    said = np.concatenate([gender, _expected_bin(age)[:, None]], axis=1, dtype=np.float64)
    return Ingredients(
        calibration=_json(voice / "calibration.json"),
        evaluation=_json(voice / "evaluation.json"),
        tract=_json(voice / "tract.json"),
        fitted=read_voices(columns, said, ("train",)),
        unseen=read_voices(columns, said, ("calibration", "test")),
        parameters=_json(face / "parameters.json"),
        measures=_json(face / "measures.json"),
        face_evaluation=_json(face / "evaluation.json"),
        people=_people(columns),
        face_size=RESOLUTIONS[-1],
    )


def _outputs(module: nn.Module, inputs: Floats) -> Floats:
    with torch.no_grad():
        return np.asarray(module.eval()(torch.from_numpy(inputs)).numpy())


def _expected_bin(logits: Floats) -> Floats:
    """Mean of each predicted distribution, in bins."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers @ np.arange(logits.shape[1]) / powers.sum(axis=1))


def _people(columns: dict[str, Any]) -> dict[str, dict[str, int]]:
    corpora, parts = np.unique(columns["corpus"]), ("train", "calibration", "test")
    return {
        str(corpus): {
            name: len(
                np.unique(
                    columns["speaker"][(columns["corpus"] == corpus) & (columns["part"] == name)]
                )
            )
            for name in parts
        }
        for corpus in corpora
    }


def _require(folder: Path, names: tuple[str, ...], what: str) -> None:
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise UsageError(
            f"There is no {', '.join(missing)} in {folder}. "
            f"Run the stages of `s2f-convert reference {what}` first."
        )
    trained = (folder / names[0]).stat().st_mtime
    measured = [name for name in names if name in MEASURED[what]]
    stale = [name for name in measured if (folder / name).stat().st_mtime < trained]
    if stale:
        raise UsageError(
            f"{names[0]} in {folder} is newer than {', '.join(stale)}. "
            f"Run the later stages of `s2f-convert reference {what}` again."
        )


def _load(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
