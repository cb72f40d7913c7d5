"""Recipes are strict, and name their files from where they lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from convert.recipe import load_recipe, named_files, schema
from edge.errors import UsageError

RECIPES = Path(__file__).parents[2] / "convert" / "recipes"

SMALL = """
[bundle]
name = "mine"
licence = "CC0-1.0"
[voice]
checkpoint = "voice.pth"
[face]
checkpoint = "../face.pth"
[sounds]
calibration = ["a"]
held_out = ["/b/*.wav"]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text)
    return path


def test_files_are_named_from_the_recipe(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, SMALL))
    assert recipe.voice.checkpoint == str(tmp_path / "voice.pth")
    assert recipe.sounds.calibration == (str(tmp_path / "a"),)
    assert recipe.sounds.held_out == ("/b/*.wav",)
    assert recipe.bundle.model_card == ""
    assert len(named_files(recipe)) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("checkpoint", "chekpoint"), "unknown field `chekpoint`"),
        (('licence = "CC0-1.0"', ""), "missing required field `licence`"),
        (('name = "mine"', 'name = "my bundle"'), "name"),
        (('held_out = ["/b/*.wav"]', "held_out = []"), "held_out"),
        (("[bundle]", "[bundle"), "is not TOML"),
    ],
)
def test_a_typo_is_named(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words.replace("[", r"\[")):
        load_recipe(write(tmp_path, SMALL.replace(*change, 1)))


def test_a_recipe_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_recipe(tmp_path / "recipe.toml")


@pytest.mark.parametrize("path", sorted(RECIPES.rglob("*.toml")), ids=lambda path: path.stem)
def test_the_examples_are_valid(path: Path) -> None:
    load_recipe(path)


def test_there_is_an_example_for_every_family() -> None:
    from convert.families.registry import FAMILIES

    used = {load_recipe(path).voice.family for path in RECIPES.glob("*.toml")}
    assert used >= set(FAMILIES) - {"reference", "linear-head"}


def test_every_key_of_the_schema_is_explained() -> None:
    tables = schema()["$defs"]
    undescribed = [
        f"{table}.{name}"
        for table, definition in tables.items()
        for name, key in definition.get("properties", {}).items()
        if table.endswith("Recipe") and table != "Recipe" and "description" not in str(key)
    ]
    assert not [name for name in undescribed if "Withheld" not in name and "quantile" not in name]
