"""A table of labels is read strictly: an error names file, line and column."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convert.labels import class_indices, read_labels, spans
from convert.recipe import LabelsRecipe
from edge.errors import UsageError

TABLE = """file,speaker,gender,age,accent
audio/a.opus,one,female,thirties,ab
audio/b.opus,two,male,6,"China (L1 Mandarin, speaks English)"
audio/c.opus,two,,41.5,
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "corpus/audio").mkdir(parents=True)
    for name in "abc":
        (tmp_path / f"corpus/audio/{name}.opus").touch()
    return tmp_path


def table(folder: Path, text: str | bytes = TABLE) -> LabelsRecipe:
    content = text if isinstance(text, bytes) else text.encode()
    (folder / "corpus/metadata.csv").write_bytes(content)
    return LabelsRecipe(file="corpus/metadata.csv", column="gender")


def test_rows_without_a_label_are_left_out_and_counted(folder: Path) -> None:
    found = read_labels(table(folder), folder)
    assert [(row.sound.name, row.speaker, row.label) for row in found.rows] == [
        ("a.opus", "one", "female"),
        ("b.opus", "two", "male"),
    ]
    assert found.rows[0].sound == folder / "corpus/audio/a.opus"
    assert found.unlabelled == 1


def test_columns_are_named_by_the_recipe(folder: Path) -> None:
    text = "sound;x,who,gender\naudio/a.opus, me ,female\n"
    recipe = table(folder, text)
    named = LabelsRecipe(recipe.file, "gender", sound="sound;x", speaker="who")
    assert read_labels(named, folder).rows[0].speaker == "me"


def test_a_byte_order_mark_is_no_part_of_the_header(folder: Path) -> None:
    assert read_labels(table(folder, b"\xef\xbb\xbf" + TABLE.encode()), folder).unlabelled == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"metadata.csv, line 1: there is no column 'file'. Found: none"),
        ("file,speaker,sex\n", r"line 1: there is no column 'gender'. Found: file, speaker, sex"),
        ("file,file,speaker,gender\n", r"line 1: there is more than one column 'file'"),
        (TABLE + "audio/a.opus,x\n", r"line 5: there are 2 cells, but the header has 5"),
        (TABLE + ",x,male,,\n", r"line 5: the column 'file' is empty"),
        (TABLE + "audio/a.opus,,male,,\n", r"line 5: the column 'speaker' is empty"),
        (TABLE + "audio/z.opus,x,male,,\n", r"line 5: the column 'file' names .*z.opus, which is"),
        (TABLE + "audio/a.opus,x,male,,\n", r"line 5: .*a.opus has a label already, in line 2"),
        (TABLE + 'audio/a.opus,"x"y,male,,\n', r"line 5: this is no CSV"),
        ("file,speaker,gender\naudio/a.opus,x,\n", r"the column 'gender' is empty in every row"),
        (TABLE.encode() + b"\xff\xfe,x,male,,\n", r"are not UTF-8"),
    ],
)
def test_a_wrong_table_is_refused_with_its_place(
    folder: Path, text: str | bytes, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        read_labels(table(folder, text), folder)


def test_a_missing_table_is_a_sentence(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.csv cannot be read: No such file"):
        read_labels(LabelsRecipe("nowhere.csv", "gender"), folder)


def test_labels_become_places_in_the_classes() -> None:
    assert class_indices(["b", "a", "b"], ("a", "b")).tolist() == [1, 0, 1]


def test_unknown_labels_are_listed_with_their_number() -> None:
    labels = ["a", "other", "x1", "x2", "x3", "x4", "x5", "other"]
    with pytest.raises(
        UsageError, match=r"not among the classes a, b: 'other' \(2\).* and 1 other"
    ):
        class_indices(labels, ("a", "b"))


def test_a_quantity_is_a_number_or_a_decade() -> None:
    found = spans(["twenties", "Fourties", "forties", "6", "41.5", "-3"])
    wanted = [(20, 30), (40, 50), (40, 50), (6, 7), (41.5, 41.5), (-3, -2)]
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("label", ["old", "nan", "inf", "1e999", "twentyish", "12 years"])
def test_other_quantities_are_refused(label: str) -> None:
    with pytest.raises(UsageError, match=f"The label '{label}' is no number and no decade"):
        spans(["20", label])
