"""`s2f-convert reference …`: how the reference bundle's networks are made."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from convert.reference.face.cli import add_commands as add_face
from convert.reference.voice.cli import add_commands as add_voice


def add_command(commands: Any) -> None:
    """Add `reference` to the subparsers of `s2f-convert`."""
    reference = commands.add_parser(
        "reference",
        help="train and measure the reference networks, and write their recipe",
        description="The networks of the bundle that ships with speech2face-edge.",
    )
    parts = reference.add_subparsers(required=True, metavar="PART")
    add_voice(parts)
    add_face(parts)
    text = "Write the folder that `s2f-convert build` makes the reference bundle from."
    recipe = parts.add_parser("recipe", help=text, description=text)
    recipe.add_argument("--voice", type=Path, required=True, help="work folder of the voice")
    recipe.add_argument("--face", type=Path, required=True, help="work folder of the face")
    recipe.add_argument("--out", type=Path, required=True, help="folder, replaced")
    recipe.set_defaults(run=_recipe)

    text = "Link the corpora to where the recipe looks for speech, split by speaker."
    sounds = parts.add_parser("sounds", help=text, description=text)
    sounds.add_argument("--data", type=Path, required=True, help="folder of the corpora")
    sounds.add_argument("--out", type=Path, required=True, help="the recipe's sounds, replaced")
    sounds.set_defaults(run=_sounds)

    text = "Draw the faces of twenty test speakers, ten women and ten men, on one sheet."
    gallery = parts.add_parser("gallery", help=text, description=text)
    gallery.add_argument("--work", type=Path, required=True, help="work folder of the voice")
    gallery.add_argument("--data", type=Path, required=True, help="folder of the corpora")
    gallery.add_argument("--out", type=Path, default=Path("gallery.png"), help="PNG file")
    gallery.add_argument("--seed", type=int, default=0, help="of the lots that are drawn")
    gallery.set_defaults(run=_gallery)


def _recipe(arguments: argparse.Namespace) -> int:
    from convert.reference.ingredients import read_ingredients, read_networks
    from convert.reference.recipe import write_recipe

    ingredients = read_ingredients(arguments.voice, arguments.face)
    networks = read_networks(arguments.voice, arguments.face)
    write_recipe(ingredients, networks, arguments.out, lambda step: _say(step))
    _say(f"{arguments.out}/recipe.toml is ready for `s2f-convert build`.")
    return 0


def _sounds(arguments: argparse.Namespace) -> int:
    from convert.reference.sounds import lay_out

    counts = lay_out(arguments.data, arguments.out)
    _say(", ".join(f"{count} recordings for {part}" for part, count in counts.items()))
    return 0


def _gallery(arguments: argparse.Namespace) -> int:
    from convert.reference.gallery import gallery

    _say(gallery(arguments.work, arguments.data, arguments.out, arguments.seed))
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
