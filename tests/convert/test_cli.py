"""`s2f-convert` says in one sentence what is wrong, and ends with a code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from convert.__main__ import main
from convert.cli import run
from edge.errors import UsageError


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["s2f-convert", *arguments])
    return main()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("check", "nowhere.tflite"), 4, "nowhere.tflite"),
        (("certify", "nowhere"), 4, "no bundle at nowhere"),
        (("families", "nowhere.pth"), 4, "nowhere.pth"),
        (("build", "nowhere.toml", "--out", "c"), 2, "recipe nowhere.toml cannot be read"),
        (("recipe", "check", "nowhere.toml"), 2, "recipe nowhere.toml cannot be read"),
        (("evaluate", "nowhere", "--metadata", "a.csv", "--out", "b"), 4, "no bundle at nowhere"),
        (("reference", "recipe", "--voice", "a", "--face", "b", "--out", "c"), 2, "no voice.pt"),
    ],
)
def test_errors_are_one_sentence(monkeypatch, capsys, arguments, code: int, words: str) -> None:
    assert call(monkeypatch, *arguments) == code
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err


def test_another_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convert.cli.NEEDED", (3, 99))
    with pytest.raises(UsageError, match=r"needs Python 3.99.*speech2face-edge\[convert\]"):
        run(["certify", "x"])


def test_without_the_extra_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['tflite'] = None; sys.argv = ['s2f-convert', 'check', %r]; "
        "from convert.__main__ import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code % __file__], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "pip install 'speech2face-edge[convert]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_schema_of_recipes_is_printed(capsys) -> None:
    assert run(["recipe", "schema"]) == 0
    assert "VoiceRecipe" in json.loads(capsys.readouterr().out)["$defs"]


def test_a_recipe_is_checked_with_its_files(monkeypatch, capsys, tmp_path: Path) -> None:
    recipes = Path(__file__).parents[2] / "convert" / "recipes"
    assert call(monkeypatch, "recipe", "check", str(recipes / "wen-2019.toml")) == 2
    assert "voice_embedding.pth" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["1.1", "-1", "much"])
def test_limits_are_shares(capsys, value: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(["build", "recipe.toml", "--out", "x", "--min-cosine", value])
    assert "--min-cosine" in capsys.readouterr().err


def test_wrong_usage_ends_with_two(capsys) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(["certify"])
    assert "usage" in capsys.readouterr().err
