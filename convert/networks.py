"""From a recipe to float networks: which file, which family, which part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from convert.checkpoints.checkpoint import Checkpoint
from convert.checkpoints.reader import read_checkpoint
from convert.errors import CheckpointError
from convert.families.family import FaceDecoder, Family, Role, VoiceEncoder
from convert.families.registry import FAMILIES, family, recognise
from convert.nets.net import Net
from convert.recipe import AttributeRecipe, Recipe
from edge.errors import UsageError


@dataclass(frozen=True)
class Networks:
    """The float networks of a recipe."""

    voice: VoiceEncoder
    face: FaceDecoder
    attributes: Mapping[str, Net]
    """those that come from a checkpoint; the others are fitted"""
    sources: Mapping[str, str]
    """checkpoint's file name → SHA-256"""
    families: Mapping[str, str]
    """voice, face and attributes' names → family"""


def read_networks(recipe: Recipe, attributes: tuple[AttributeRecipe, ...]) -> Networks:
    """Read the checkpoints that a recipe names for voice, face and those of `attributes`.

    Raises UsageError where no family fits, CheckpointError where a file does not keep what its
    family promises.
    """
    opened: dict[str, Checkpoint] = {}

    def read(name: str) -> Checkpoint:
        if name not in opened:
            opened[name] = read_checkpoint(Path(name))
        return opened[name]

    families: dict[str, str] = {}
    voice_file = read(recipe.voice.checkpoint)
    chosen = _family(voice_file, recipe.voice.family, "voice")
    families["voice"] = chosen.NAME
    voice = chosen.voice(voice_file, recipe.voice)
    face_file = read(recipe.face.checkpoint or recipe.voice.checkpoint)
    chosen = _family(face_file, recipe.face.family, "face")
    families["face"] = chosen.NAME
    face = chosen.face(face_file, recipe.face)
    nets = {}
    for attribute in attributes:
        if attribute.checkpoint:
            file = read(attribute.checkpoint)
            chosen = _family(file, attribute.family, "attribute")
            families[attribute.name] = chosen.NAME
            nets[attribute.name] = chosen.attribute(file, attribute)
    sources = {file.path.name: file.sha256 for file in opened.values()}
    return Networks(voice, face, nets, sources, families)


def _family(checkpoint: Checkpoint, name: str, role: Role) -> Family:
    if name:
        if name not in FAMILIES:
            raise UsageError(f"There is no family '{name}'. Known: {', '.join(sorted(FAMILIES))}.")
        return family(name)
    found = [each for each in recognise(checkpoint) if each.match.role == role]
    if len(found) == 1:
        return family(found[0].family)
    if not found:
        raise CheckpointError(
            f"{checkpoint.path} is no {role} checkpoint of a family that is known here. "
            f"`s2f-convert families {checkpoint.path}` says what it looks like."
        )
    names = ", ".join(each.family for each in found)
    raise UsageError(
        f"{checkpoint.path} may be of several families: {names}. Name one with `family` in the "
        "recipe."
    )
