"""`s2f-edge render`, as a user calls it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile
from PIL import Image

from edge.errors import UsageError
from edge.render import Pictures, render


def test_a_woman_and_a_man(s2f_edge, woman: Path, man: Path, tmp_path: Path) -> None:
    done = s2f_edge("render", woman, man, "--json", "--out", tmp_path)
    assert done.code == 0, done.err
    first, second = done.lines
    assert first["attributes"]["gender"]["value"] == "female"
    assert second["attributes"]["gender"]["value"] == "male"
    for line, file in ((first, woman), (second, man)):
        assert line["file"] == str(file)
        assert line["evidence_s"] > 3
        assert set(line) == {"file", "evidence_s", "attributes", "face", "bundle", "runtime"}
        gender, age = line["attributes"]["gender"], line["attributes"]["age"]
        assert set(gender) == {"value", "probability", "scores"}
        assert sum(gender["scores"].values()) == pytest.approx(1, abs=0.01)
        assert age["low"] <= age["value"] <= age["high"]
        assert line["attributes"]["ethnicity"] == {"value": None, "reason": "not in this bundle"}
        assert line["attributes"]["craniofacial"]["nasal_index"] > 0
        assert line["bundle"]["name"] == "reference"
        assert len(line["bundle"]["sha256"]) == 64
        assert line["runtime"].startswith("ai-edge-litert ")
        with Image.open(line["face"]) as picture:
            assert "Imagined" in picture.text["Description"]
    faces = [np.asarray(Image.open(line["face"]), np.float32) for line in (first, second)]
    assert np.abs(faces[0] - faces[1]).mean() > 5


@pytest.mark.parametrize("runtime", ["litert", "tflite-runtime"])
def test_the_runtime_is_chosen_and_named(
    s2f_edge, woman: Path, tmp_path: Path, runtime: str
) -> None:
    done = s2f_edge("render", woman, "--json", "--out", tmp_path, "--runtime", runtime)
    name = {"litert": "ai-edge-litert", "tflite-runtime": "tflite-runtime"}[runtime]
    assert done.lines[0]["runtime"].startswith(name)
    assert done.lines[0]["attributes"]["gender"]["value"] == "female"


def test_what_fails_is_said_and_the_others_are_done(s2f_edge, woman: Path, tmp_path: Path) -> None:
    sound, rate = soundfile.read(woman)
    rng = np.random.default_rng(0)
    soundfile.write(tmp_path / "silent.wav", np.zeros(32000), 16000)
    soundfile.write(tmp_path / "noise.wav", rng.normal(0, 0.05, 48000), 16000)
    soundfile.write(tmp_path / "short.wav", sound[: int(0.7 * rate)], rate)
    soundfile.write(tmp_path / "cut.wav", sound, rate)
    (tmp_path / "cut.wav").write_bytes((tmp_path / "cut.wav").read_bytes()[:20000])
    (tmp_path / "text.wav").write_text("no sound")
    names = ["silent", "noise", "short", "cut", "text", "missing"]
    files = [tmp_path / f"{name}.wav" for name in names]
    done = s2f_edge("render", *files, woman, "--json", "--out", tmp_path / "out")
    assert done.code == 3
    errors = {Path(line["file"]).stem: line.get("error", "") for line in done.lines}
    assert "is silent" in errors["silent"]
    assert "carries no speech" in errors["noise"]
    assert "of speech; at least 1.0 s are needed" in errors["short"]
    assert "is truncated" in errors["cut"]
    assert "is not a sound file that can be read" in errors["text"]
    assert "There is no file" in errors["missing"]
    assert done.lines[-1]["attributes"]["gender"]["value"] == "female"
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["woman.png"]


def test_in_words_without_json(s2f_edge, woman: Path, tmp_path: Path) -> None:
    done = s2f_edge("render", woman, tmp_path / "none.wav", "--out", tmp_path)
    assert done.code == 3
    assert "gender female" in done.out
    assert "ethnicity unknown (not in this bundle)" in done.out
    assert "There is no file" in done.err


def test_any_rate_and_stereo_give_the_same_answer(s2f_edge, woman: Path, tmp_path: Path) -> None:
    import soxr

    sound, _ = soundfile.read(woman, dtype="float32")
    high = soxr.resample(sound, 16000, 44100)
    soundfile.write(tmp_path / "stereo.mp3", np.stack([high, high], 1), 44100)
    done = s2f_edge("render", tmp_path / "stereo.mp3", "--json", "--out", tmp_path)
    assert done.code == 0, done.err
    assert done.lines[0]["attributes"]["gender"]["value"] == "female"


def test_two_files_of_one_name_make_two_pictures(
    s2f_edge, woman: Path, man: Path, tmp_path
) -> None:
    for folder, file in (("a", woman), ("b", man)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "voice.flac").write_bytes(file.read_bytes())
    done = s2f_edge(
        "render", tmp_path / "a/voice.flac", tmp_path / "b/voice.flac", "--json", "--out", tmp_path
    )
    assert [Path(line["face"]).name for line in done.lines] == ["voice.png", "voice-2.png"]


def test_ethnicity_is_off_until_the_owner_switches_it_on(
    s2f_edge, woman: Path, bundle_copy, tmp_path: Path
) -> None:
    bundle_copy.add_ethnicity()
    arguments = ("render", woman, "--json", "--out", tmp_path, "--bundle", bundle_copy.path)
    off = s2f_edge(*arguments).lines[0]["attributes"]["ethnicity"]
    assert off["value"] is None
    assert "switched off" in off["reason"]
    (tmp_path / "on.toml").write_text("[publish]\nethnicity = true\n")
    on = s2f_edge(*arguments, "--config", tmp_path / "on.toml").lines[0]["attributes"]["ethnicity"]
    assert on["value"] in ("african", "asian", "caucasian")


def test_a_name_that_is_not_utf_8_does_not_stop_the_others(
    s2f_edge, woman: Path, tmp_path: Path
) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.flac"))
    odd.write_bytes(woman.read_bytes())
    done = s2f_edge("render", odd, woman, "--json", "--out", tmp_path / "out")
    assert done.code == 0, done.err
    assert len(done.lines) == 2


def test_a_name_that_may_just_be_that_long(s2f_edge, woman: Path, tmp_path: Path) -> None:
    long = tmp_path / ("x" * 245 + ".flac")
    long.write_bytes(woman.read_bytes())
    assert s2f_edge("render", long, "--out", tmp_path / "out").code == 0


def test_output_that_nobody_takes(woman: Path, tmp_path: Path) -> None:
    for sink, code in (("/dev/full", 5), (None, 141)):
        command = [sys.executable, "-m", "edge", "bundle", "show"]
        if sink:
            with Path(sink).open("w") as out:
                done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True)
        else:
            reading, writing = os.pipe()
            os.close(reading)
            done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True)
            os.close(writing)
        assert done.returncode == code
        assert "Traceback" not in done.stderr
        assert "Exception" not in done.stderr


def test_what_is_switched_off_is_not_said(s2f_edge, woman: Path, tmp_path: Path) -> None:
    (tmp_path / "off.toml").write_text("[publish]\ngender = false\ncraniofacial = false\n")
    done = s2f_edge("render", woman, "--json", "--out", tmp_path, "--config", tmp_path / "off.toml")
    attributes = done.lines[0]["attributes"]
    assert attributes["gender"] == {
        "value": None, "reason": "switched off: set [publish] gender = true"
    }  # fmt: skip
    assert "craniofacial" not in attributes
    assert "low" in attributes["age"]


def test_wrong_usage_is_2_and_a_bad_bundle_is_4(s2f_edge, woman: Path, tmp_path: Path) -> None:
    assert s2f_edge("render").code == 2
    assert s2f_edge("render", woman, "--runtime", "abacus").code == 2
    refused = s2f_edge("render", woman, "--bundle", tmp_path / "none")
    assert refused.code == 4
    assert "There is no bundle at" in refused.err


def test_an_out_that_is_a_file(s2f_edge, woman: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("precious")
    refused = s2f_edge("render", woman, "--out", tmp_path / "out")
    assert refused.code == 5
    assert "cannot be made" in refused.err
    assert (tmp_path / "out").read_text() == "precious"


def test_a_full_disk_keeps_the_old_picture(woman: Path, tmp_path: Path) -> None:
    """Files of at most 20 kB may be written, as on a disk with so much left."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "woman.png").write_bytes(b"old")
    done = subprocess.run(
        ["bash", "-c", f"ulimit -f 20; trap '' XFSZ; exec '{sys.executable}' -m edge render "
         f"'{woman}' --out '{out}'"],
        capture_output=True, text=True, timeout=60, env={**os.environ},
    )  # fmt: skip
    assert done.returncode == 5, done.stderr
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert (out / "woman.png").read_bytes() == b"old"
    assert [file.name for file in out.iterdir()] == ["woman.png"]


@pytest.fixture(scope="module")
def pipelines():
    from edge import assembly
    from edge.settings import Settings

    return assembly.pipelines(Settings())


def draw(pipelines, files: list[Path], out: Path, **what) -> list[dict]:
    return list(render(files, out, pipelines, frozenset({"gender", "age"}), Pictures(**what)))


def test_cartoons_of_any_size_with_svg(pipelines, woman: Path, man: Path, tmp_path: Path) -> None:
    first, second = draw(pipelines, [woman, man], tmp_path, style="cartoon", side=240, svg=True)
    for result in (first, second):
        with Image.open(result["face"]) as picture:
            assert picture.width == 240
            assert "Imagined" in picture.text["Description"]
        text = Path(result["svg"]).read_text()
        assert len(text) < 16_000
        assert "Imagined from the voice" in ElementTree.fromstring(text)[0].text
    faces = [np.asarray(Image.open(line["face"]), np.float32) for line in (first, second)]
    assert np.abs(faces[0] - faces[1]).mean() > 5
    assert Path(first["svg"]).read_text() != Path(second["svg"]).read_text()


@pytest.mark.parametrize("style", ["portrait", "cartoon"])
def test_a_contact_sheet_comes_last(
    pipelines, woman: Path, man: Path, tmp_path: Path, style: str
) -> None:
    files = [woman, tmp_path / "none.wav", man]
    *results, sheet = draw(pipelines, files, tmp_path / "out", style=style, sheet=True)
    assert ["error" in result for result in results] == [False, True, False]
    assert sheet == {"sheet": str(tmp_path / "out" / "sheet.png"), "faces": 2}
    with Image.open(sheet["sheet"]) as picture:
        assert picture.width > 400
        assert "Imagined" in picture.text["Description"]


def test_no_faces_no_sheet(pipelines, tmp_path: Path) -> None:
    (result,) = draw(pipelines, [tmp_path / "none.wav"], tmp_path / "out", sheet=True)
    assert "error" in result
    assert not list((tmp_path / "out").iterdir())


def test_a_voice_named_sheet_is_not_overwritten(pipelines, woman: Path, tmp_path: Path) -> None:
    file = tmp_path / "sheet.flac"
    file.write_bytes(woman.read_bytes())
    face, sheet = draw(pipelines, [file], tmp_path / "out", sheet=True)
    assert face["face"] != sheet["sheet"]


@pytest.mark.parametrize("side", [0, 63, 4097])
def test_sizes_that_cannot_be_drawn_are_refused(side: int) -> None:
    with pytest.raises(UsageError, match="--size takes 64 to 4096"):
        Pictures(side=side)


def test_a_portrait_is_not_svg() -> None:
    with pytest.raises(UsageError, match="--style cartoon"):
        Pictures(svg=True)
