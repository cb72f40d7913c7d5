"""Feature similarity and retrieval, against values worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convert.evaluate.features import compare, partners, read_features, retrieval, similarity
from edge.errors import UsageError

TWO = np.array(["a", "b"])


def floats(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float32)


def test_distances_worked_out_by_hand() -> None:
    found = similarity(floats((3, 4), (2, 0)), floats((3, 0), (0, 1)), TWO)
    own = {name: alike.own.value for name, alike in found.items()}
    assert own["cosine"] == pytest.approx((0.6 + 0) / 2, abs=1e-4)
    assert own["angle"] == pytest.approx((53.1301 + 90) / 2, abs=1e-3)
    assert own["L1"] == pytest.approx((4 + 3) / 2)
    assert own["L2"] == pytest.approx((4 + np.sqrt(5)) / 2, abs=1e-4)
    # (0.6, 0.8) to (1, 0), and (1, 0) to (0, 1)
    assert own["L1 unit"] == pytest.approx((1.2 + 2) / 2, abs=1e-4)
    assert own["L2 unit"] == pytest.approx((np.sqrt(0.8) + np.sqrt(2)) / 2, abs=1e-4)


def test_chance_is_the_reference_of_another_speaker() -> None:
    found = similarity(floats((1, 0), (0, 1)), floats((1, 0), (0, 1)), TWO)
    assert found["cosine"].own.value == pytest.approx(1)
    assert found["cosine"].another.value == pytest.approx(0)


def test_partners_speak_with_another_voice() -> None:
    who = np.array(["a"] * 5 + ["b"] * 3 + ["c"])
    assert np.all(who[partners(who)] != who)
    assert partners(np.array(["a", "a"])).tolist() == [0, 1]


def test_own_reference_among_the_nearest() -> None:
    gallery = floats(*((float(n), 1.0) for n in range(20)))
    own = gallery[[3, 10]]
    heard = own + floats((0.2, 0), (2.6, 0))  # the nearest; and 13, 12, 14, 11, 15, 10
    found = retrieval(heard, own, gallery, TWO)
    assert found.gallery == 20
    assert found.chance == {"1": 0.05, "2": 0.1, "5": 0.25, "10": 0.5}
    shares = {k: measured.value for k, measured in found.found["L2"].items()}
    assert shares == {"1": 0.5, "2": 0.5, "5": 0.5, "10": 1.0}


def test_cosine_looks_at_the_direction_alone() -> None:
    gallery = floats((10, 0), (0, 1))
    found = retrieval(floats((0.1, 0)), gallery[:1], gallery, np.array(["a"]))
    assert found.found["cosine"]["1"].value == 1
    assert found.found["L2"]["1"].value == 0


def test_equal_references_count_once_and_ties_are_no_find() -> None:
    gallery = floats((1, 0), (1, 0), (0, 1), (-1, 0))
    found = retrieval(floats((1, 0.1)), gallery[:1], gallery, np.array(["a"]))
    assert (found.gallery, found.found["L2"]["1"].value) == (3, 1)
    alike = retrieval(floats((0, 0)), gallery[:1], gallery, np.array(["a"]))
    assert alike.found["L2"]["2"].value == 0
    assert alike.found["L2"]["5"].value == 1


def test_features_by_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz", name=["b.wav", "a.wav"], feature=np.eye(2))
    found = read_features(tmp_path / "f.npz", 2)
    assert found.rows == {"b.wav": 0, "a.wav": 1}
    assert compare(np.eye(2, dtype=np.float32), found.features, found.features, TWO).retrieval


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"name": ["a"]}, "has the arrays name. It needs"),
        ({"name": ["a"], "feature": np.zeros((1, 3))}, r"\(1, 2\) is wanted"),
        ({"name": ["a", "b"], "feature": np.zeros((1, 2))}, r"\(2, 2\) is wanted"),
        ({"name": ["a", "a"], "feature": np.zeros((2, 2))}, "twice"),
        ({"name": ["a"], "feature": np.full((1, 2), np.nan)}, "not numbers"),
        ({"name": np.array([{}]), "feature": np.zeros((1, 2))}, "cannot be read"),
        ({"name": [1], "feature": np.zeros((1, 2))}, "wanted"),
    ],
)
def test_features_that_do_not_fit(tmp_path: Path, arrays, words: str) -> None:
    np.savez(tmp_path / "f.npz", **arrays)
    with pytest.raises(UsageError, match=words):
        read_features(tmp_path / "f.npz", 2)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 damaged"])
def test_a_file_that_holds_no_arrays(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f.npz").write_bytes(content)
    with pytest.raises(UsageError, match=r"cannot be read"):
        read_features(tmp_path / "f.npz", 2)


def test_an_array_that_is_alone(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.zeros((1, 2)))
    with pytest.raises(UsageError, match="cannot be read"):
        read_features(tmp_path / "f.npy", 2)
