"""The reference bundle from its recipe: whole, the same twice, continued when interrupted."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from convert.build import Order, build
from convert.certificate.certificate import Limits
from convert.conversion import _Work
from convert.errors import CheckpointError, ConvertError
from convert.gate.op_gate import inspect
from edge.errors import BundleError, UsageError
from edge.inference.bundle import Bundle, load_bundle
from edge.inference.manifest import models

RECIPE = Path(__file__).parents[2] / "convert" / "recipes" / "reference" / "recipe.toml"
LIMITS = Limits(cosine=0.9, agreement=0.5)
"""two speakers are too few for a certificate that says much"""


@pytest.fixture(scope="module")
def sounds(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> tuple[str, str]:
    """Pieces of the two sample voices: their first halves to calibrate, the others held out."""
    folder = tmp_path_factory.mktemp("sounds")
    for name in ("woman", "man"):
        sound, rate = soundfile.read(request.getfixturevalue(name), dtype="float32")
        pieces = np.array_split(sound, 6)
        for number, piece in enumerate(pieces):
            part = folder / ("calibration" if number < 3 else "held_out")
            part.mkdir(exist_ok=True)
            soundfile.write(part / f"{name}-{number}.wav", piece, rate)
    return str(folder / "calibration"), str(folder / "held_out")


def order(out: Path, sounds: tuple[str, str], **changes: object) -> Order:
    return Order(**{"recipe": RECIPE, "out": out, "limits": LIMITS, "sounds": sounds, **changes})


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, sounds: tuple[str, str]) -> Path:
    out = tmp_path_factory.mktemp("bundles") / "reference"
    build(order(out, sounds, targets=("cpu", "coral", "jetson")))
    return out


@pytest.fixture(scope="module")
def bundle(built: Path) -> Bundle:
    return load_bundle(built)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_bundle_is_whole(bundle: Bundle) -> None:
    manifest = bundle.manifest
    assert [attribute.name for attribute in manifest.attributes] == ["gender", "age"]
    assert manifest.absent == {"ethnicity": "not in this bundle"}
    assert (manifest.voice.dimensions, manifest.face.size) == (256, 128)
    assert {source.name for source in manifest.sources} == {"voice.pt", "face.pt"}


def test_every_target_passes_its_gate(bundle: Bundle) -> None:
    for role, model in models(bundle.manifest).items():
        assert set(model.files) == {"cpu", "coral", "jetson"}
        assert model.files["cpu"] == model.files["jetson"]
        for target in ("cpu", "coral", "jetson"):
            assert inspect(bundle.model(role, target), target).refusals == ()


@pytest.mark.parametrize("target", ["cpu", "coral", "jetson"])
def test_the_board_draws_with_every_target(
    built: Path, tmp_path: Path, s2f_edge, woman: Path, target: str
) -> None:
    done = s2f_edge(
        "render", woman, "--bundle", built, "--target", target, "--out", tmp_path, "--json"
    )
    assert done.code == 0, done.err
    assert done.lines[0]["attributes"]["gender"]["value"] == "female"


def test_the_certificate_measures_each_way(bundle: Bundle) -> None:
    certificate = json.loads(bundle.contents["certificate.json"])
    assert len(certificate["ways"]) == 4  # two runtimes; cpu and jetson have the same files
    for way in certificate["ways"].values():
        assert way["feature"]["cosine"] > 0.99
        assert way["face"]["psnr_db"] > 38
    names = [step["name"] for step in certificate["steps"]["trunk"]]
    assert names[0] == "as published → cut and folded"
    assert len(names) >= 4
    errors = [step["error"] for steps in certificate["steps"].values() for step in steps]
    assert max(errors) <= 1e-4
    assert "latency" not in certificate


def test_the_report_beside_it_belongs_to_this_machine(built: Path) -> None:
    report = built.with_name("reference.report")
    speeds = json.loads((report / "certificate.json").read_text())["latency"]
    assert {row["role"] for row in speeds} == {"trunk", "head", "gender", "age", "face"}
    assert all(row["float_ms"] > 0 and row["int8_ms"] > 0 for row in speeds)
    assert "Latency on the machine" in (report / "certificate.html").read_text()
    assert {path.stem for path in (report / "onnx").iterdir()} == {row["role"] for row in speeds}


def test_nothing_of_the_machine_is_in_the_bundle(built: Path, sounds: tuple[str, str]) -> None:
    for name, content in contents(built).items():
        for place in (str(built.parent), sounds[0], str(RECIPE.parent)):
            assert place.encode() not in content, name


def test_built_twice_it_is_the_same(built: Path, tmp_path: Path, sounds: tuple[str, str]) -> None:
    build(order(tmp_path / "again", sounds, targets=("cpu", "coral", "jetson")))
    assert contents(tmp_path / "again") == contents(built)
    assert not (tmp_path / "again.work").exists()


def test_an_interrupted_build_continues(
    built: Path, tmp_path: Path, sounds: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    unchanged, made = _Work.convert, []

    def interrupted(work: _Work, *rest: object) -> object:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(work)
        return unchanged(work, *rest)  # type: ignore[arg-type]

    out = tmp_path / "bundle"
    monkeypatch.setattr(_Work, "convert", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build(order(out, sounds))
    assert [path.name for path in tmp_path.iterdir()] == ["bundle.work"]

    def counted(work: _Work, *rest: object) -> object:
        made.append(work)
        return unchanged(work, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(_Work, "convert", counted)
    build(order(out, sounds))
    assert len(made) == 5  # two before, three after
    assert contents(out)["trunk.tflite"] == contents(built)["trunk.tflite"]


def test_an_attribute_can_be_left_out(
    tmp_path: Path, sounds: tuple[str, str], s2f_edge, woman: Path
) -> None:
    out = tmp_path / "bundle"
    build(order(out, sounds, without=frozenset({"gender", "ethnicity"})))
    manifest = load_bundle(out).manifest
    assert [attribute.name for attribute in manifest.attributes] == ["age"]
    assert manifest.absent["gender"] == "left out when the bundle was built"
    assert manifest.absent["ethnicity"] == "not in this bundle"
    assert not any("gender" in name for name in contents(out))
    done = s2f_edge("render", woman, "--bundle", out, "--out", tmp_path, "--json")
    assert done.lines[0]["attributes"]["gender"]["reason"] == "left out when the bundle was built"


def test_a_bundle_that_lost_too_much_is_not_written(
    tmp_path: Path, sounds: tuple[str, str]
) -> None:
    out = tmp_path / "bundle"
    with pytest.raises(ConvertError, match="Quantizing cost too much"):
        build(order(out, sounds, limits=Limits(cosine=1.0)))
    assert not out.exists()


@pytest.fixture
def recipe_copy(tmp_path: Path) -> Path:
    shutil.copytree(RECIPE.parent, tmp_path / "recipe", ignore=shutil.ignore_patterns("sounds"))
    return tmp_path / "recipe" / "recipe.toml"


def test_a_head_is_fitted_on_labelled_sounds(
    recipe_copy: Path, tmp_path: Path, sounds: tuple[str, str], woman: Path, man: Path, s2f_edge
) -> None:
    """Pieces of two voices under many names: enough to see that a head is fitted and used."""
    rows = ["file,speaker,gender"]
    for label, path in (("female", woman), ("male", man)):
        sound, rate = soundfile.read(path, dtype="float32")
        for number, piece in enumerate(np.array_split(sound, 8)):
            name = f"{label}-{number}.wav"
            soundfile.write(recipe_copy.with_name(name), piece, rate)
            rows.append(f"{name},{label}-{number},{label}")
    recipe_copy.with_name("labels.csv").write_text("\n".join(rows))
    text = recipe_copy.read_text()
    start, end = text.index("[[attributes]]"), text.index("[absent]")
    fitted = """[[attributes]]
name = "gender"
classes = ["female", "male"]
labels = { file = "labels.csv", column = "gender" }

"""
    recipe_copy.write_text(text[:start] + fitted + text[end:])
    out = tmp_path / "out"
    build(order(out, sounds, recipe=recipe_copy, without=frozenset({"age"})))
    assert "on speakers that were held out: sounds" in (out / "MODEL_CARD.md").read_text()
    done = s2f_edge("render", woman, man, "--bundle", out, "--out", tmp_path, "--json")
    said = [line["attributes"]["gender"]["scores"] for line in done.lines]
    assert said[0]["female"] > 0.5 > said[1]["female"]


def test_what_the_board_would_refuse_is_not_put_in_place(
    recipe_copy: Path, tmp_path: Path, sounds: tuple[str, str]
) -> None:
    text = recipe_copy.read_text()
    start, end = text.rindex("[[attributes]]"), text.index("[absent]")
    recipe_copy.write_text(text[:start] + text[end:])  # the drive still goes by age
    with pytest.raises(BundleError, match="drives the face by age"):
        build(order(tmp_path / "out", sounds, recipe=recipe_copy))
    assert not (tmp_path / "out").exists()


def test_a_damaged_checkpoint_is_refused(
    recipe_copy: Path, tmp_path: Path, sounds: tuple[str, str]
) -> None:
    voice = recipe_copy.with_name("voice.pt")
    voice.write_bytes(voice.read_bytes()[:-1000])
    with pytest.raises(CheckpointError, match=r"voice\.pt"):
        build(order(tmp_path / "out", sounds, recipe=recipe_copy))
    assert not (tmp_path / "out").exists()


def test_the_same_sound_on_both_sides_is_refused(tmp_path: Path, sounds: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match="for calibration and as held out"):
        build(order(tmp_path / "out", (sounds[0], sounds[0])))


def test_sounds_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no sound at"):
        build(order(tmp_path / "out", ("nowhere", "neither")))
