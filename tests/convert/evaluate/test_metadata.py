"""The table of sounds: mapped columns, odd rows, and tables that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from convert.evaluate.metadata import Metadata, read_metadata
from edge.errors import UsageError


def read(folder: Path, text: str | bytes, **options) -> Metadata:
    path = folder / "people.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    columns, values = options.get("columns", {}), options.get("values", {})
    return read_metadata(path, folder, options.get("attributes", ("gender",)), columns, values)


def test_labels_speakers_and_paths(tmp_path: Path) -> None:
    table = read(tmp_path, "file,speaker,gender,age,room\na.wav,ann,F,30,hall\nb.wav,bob,,,x\n")
    ann, bob = table.sounds
    assert (ann.path, ann.speaker) == (tmp_path / "a.wav", "ann")
    assert ann.labels == {"gender": "female", "age": "30"}
    assert bob.labels == {}
    assert set(table.columns) == {"gender", "age"}
    assert (table.rows, table.has_speakers, len(table.sha256)) == (2, True, 64)


def test_columns_and_values_are_mapped(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        "clip,sex,origin\na.wav,Weiblich,W\n",
        columns={"file": "clip", "gender": "sex", "ethnicity": "origin"},
        values={("gender", "weiblich"): "female", ("ethnicity", "w"): "white"},
    )
    assert table.sounds[0].labels == {"gender": "female", "ethnicity": "white"}


def test_without_speakers_every_sound_is_one(tmp_path: Path) -> None:
    table = read(tmp_path, "file\na.wav\nb.wav\n")
    assert not table.has_speakers
    assert table.sounds[0].speaker != table.sounds[1].speaker


def test_semicolons_tabs_and_a_byte_order_mark(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufefffile;gender\na,b.wav;m\n").sounds[0].file == "a,b.wav"
    assert read(tmp_path, "file\tgender\na.wav\tm\n").sounds[0].labels["gender"] == "male"


def test_rows_that_cannot_be_used_are_listed(tmp_path: Path) -> None:
    table = read(tmp_path, "file,speaker\na.wav,ann\n,bob\na.wav,ann\n")
    assert len(table.sounds) == 1
    assert [(each.file, each.reason) for each in table.left_out] == [
        ("line 3", "no file is named"),
        ("a.wav", "line 4 names it again"),
    ]
    assert table.rows == 3


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("name,gender\na.wav,m\n", {}, "no column 'file'.*It has: name, gender"),
        ("file\na.wav\n", {"columns": {"gender": "sex"}}, "no column 'sex'"),
        ("file\na.wav\n", {"columns": {"shoe": "file"}}, "no use for 'shoe'"),
        ("file,gender\n", {}, "names no sound"),
        ("", {}, "It has: none"),
        (b"file\n\xff.wav\n", {}, "not text in UTF-8"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text, options, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read(tmp_path, text, **options)


def test_no_table(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_metadata(tmp_path / "none.csv", tmp_path, (), {}, {})
