"""Settings are strict: what is not known is refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from edge import settings
from edge.errors import UsageError


def test_the_defaults_protect() -> None:
    publish = settings.Settings().publish
    assert publish.attributes() == {"gender", "age", "craniofacial"}
    assert not publish.ethnicity
    assert not publish.face
    assert settings.Settings().display.web_host == "127.0.0.1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[audio]\nsorce = 'mic'", "unknown field `sorce`"),
        ("[publsh]\nage = true", "unknown field `publsh`"),
        ("[display]\nkind = 'hologram'", "hologram"),
        ("[display]\nweb_port = 99999", "<= 65535"),
        ("[device]\nname = 'a/b'", r"\$\.device\.name"),
        ("[audio]\nhold_s = 'long'", "Expected `float`"),
        ("[inference]\ntarget = 'toaster'", "toaster"),
        ("no toml at all", "is not TOML"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, s2f_edge, text: str, words: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=words):
        settings.load(file)
    checked = s2f_edge("config", "check", file)
    assert checked.code == 2
    assert str(file) in checked.err


def test_a_settings_file_that_is_not_there(s2f_edge, tmp_path: Path) -> None:
    run = s2f_edge("run", "--config", tmp_path / "none.toml")
    assert run.code == 2
    assert "cannot be read" in run.err


def test_a_good_file_passes_and_fits_the_printed_schema(s2f_edge, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[mqtt]\nbroker = "mqtt://10.0.0.2"\n[publish]\nage = false\n')
    assert s2f_edge("config", "check", file).code == 0
    schema = json.loads(s2f_edge("config", "schema").out)
    jsonschema.validate({"mqtt": {"broker": "mqtt://10.0.0.2"}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"mqtt": {"brokr": "mqtt://10.0.0.2"}}, schema)


def test_the_readme_s_settings_are_valid(tmp_path: Path, s2f_edge) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    blocks = [part.split("```")[0] for part in readme.split("```toml\n")[1:]]
    assert blocks
    for number, block in enumerate(blocks):
        file = tmp_path / f"{number}.toml"
        file.write_text(block.replace('password_file = "', '# "'))
        checked = s2f_edge("config", "check", file)
        assert checked.code == 0, checked.err
