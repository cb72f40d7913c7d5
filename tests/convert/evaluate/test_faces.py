"""Decoded faces against landmarks and pictures."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convert.evaluate.faces import faces, read_landmarks, read_picture
from convert.evaluate.hearing import Hearing
from convert.evaluate.metadata import Sound
from edge.errors import UsageError
from edge.face.craniofacial import craniofacial


def points(nose_width: float) -> np.ndarray:
    """68 landmarks, all apart, with a nose that is so wide."""
    chance = np.random.default_rng(0)
    face = chance.uniform(20, 100, (68, 2))
    face[31], face[35] = (60 - nose_width / 2, 70), (60 + nose_width / 2, 70)
    return face


def png(shade: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), (shade, shade, shade)).save(buffer, "PNG")
    return buffer.getvalue()


def heard(name: str, speaker: str, **measures: float) -> tuple[Sound, Hearing]:
    return Sound(name, Path(name), speaker), Hearing(3.0, {}, measures, png(100))


def test_landmarks_correlate_by_speaker(tmp_path: Path) -> None:
    widths = {"a": 10.0, "b": 20.0, "c": 30.0, "d": 15.0}
    for stem, width in widths.items():
        np.save(tmp_path / f"{stem}.npy", points(width))
    true = {s: craniofacial(points(w), "ibug-68")["nose_width"] for s, w in widths.items()}
    given = [heard(f"x/{s}.wav", s, nose_width=2 * true[s] + 5, own=1.0) for s in widths]
    report = faces(given, tmp_path)
    assert list(report.correlations) == ["nose_width"]
    assert report.correlations["nose_width"].r == pytest.approx(1)
    assert report.correlations["nose_width"].speakers == 4
    assert (report.landmarks, report.pictures, report.without_reference) == (4, 0, 0)


def test_pictures_are_compared_as_pictures(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(100))
    (tmp_path / "b.png").write_bytes(png(151))  # 0.2 brighter: 10 log10 (1 / 0.04)
    report = faces([heard("a.wav", "a"), heard("b.wav", "b")], tmp_path)
    psnr = report.similarity["PSNR"]
    # one is the same, 120 dB at most
    assert psnr.own.value == pytest.approx((120 + 13.979) / 2, abs=0.01)
    assert psnr.another.value == pytest.approx((120 + 13.979) / 2, abs=0.01)
    assert report.similarity["SSIM"].own.sounds == 2
    assert "Craniofacial measures need landmarks" in report.notes[0]
    assert report.correlations == {}


def test_what_cannot_be_used_is_listed(tmp_path: Path) -> None:
    np.save(tmp_path / "few.npy", np.zeros((5, 2)))
    (tmp_path / "text.png").write_text("no picture")
    given = [heard("few.wav", "a"), heard("text.wav", "b"), heard("none.wav", "c")]
    report = faces(given, tmp_path)
    assert {each.file for each in report.left_out} == {"few.npy", "text.png"}
    assert "5 points; 68 or 72 are known" in report.left_out[0].reason
    assert report.without_reference == 1


def test_other_measures_than_the_references_have(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", points(10))
    assert "nothing to correlate" in faces([heard("a.wav", "a", ears=1.0)], tmp_path).notes[0]
    assert "no craniofacial measures" in faces([heard("a.wav", "a")], tmp_path).notes[0]


def test_two_sounds_of_one_name_need_their_folders(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    np.save(tmp_path / "x" / "a.npy", points(10))
    np.save(tmp_path / "a.npy", points(20))
    report = faces([heard("x/a.wav", "p"), heard("y/a.wav", "q")], tmp_path)
    assert (report.landmarks, report.without_reference) == (1, 1)


def test_a_folder_without_references(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no reference for any sound"):
        faces([heard("a.wav", "a")], tmp_path)
    with pytest.raises(UsageError, match="no folder"):
        faces([heard("a.wav", "a")], tmp_path / "none")


def test_landmarks_from_csv_with_and_without_header(tmp_path: Path) -> None:
    face = points(10)
    np.savetxt(tmp_path / "a.csv", face, delimiter=",")
    np.savetxt(tmp_path / "b.csv", face, delimiter=",", header="x,y", comments="")
    for name in ("a.csv", "b.csv"):
        assert read_landmarks(tmp_path / name) == pytest.approx(face, rel=1e-6)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("1,2,3\n" * 68, "not \\(n, 2\\)"),
        ("x;y\n", "shape"),
        ("1,2\n3\n", "cannot be read"),
        ("nan,1\n" * 68, "no numbers"),
    ],
)
def test_landmarks_that_are_none(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(ValueError, match=words):
        read_landmarks(tmp_path / "a.csv")


def test_the_middle_square_of_a_picture(tmp_path: Path) -> None:
    picture = Image.new("RGB", (90, 30), "black")
    picture.paste((255, 255, 255), (30, 0, 60, 30))
    picture.save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png", 16) == pytest.approx(np.ones((16, 16, 3)))
