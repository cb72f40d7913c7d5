"""A bundle that is not what it claims to be is refused with a sentence that names the trouble."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.errors import BundleError
from edge.inference import container
from edge.inference.bundle import Bundle, load_bundle, reference_path

FILES = json.loads((reference_path() / "bundle.json").read_text())["files"]


def zipped(folder: Path, to: Path) -> Path:
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder).as_posix())
    return to


def test_folder_and_zip_give_the_same_bundle(reference: Bundle, tmp_path: Path) -> None:
    packed = load_bundle(zipped(reference_path(), tmp_path / "reference.zip"))
    assert packed.sha256 == reference.sha256
    assert packed.contents == reference.contents


def test_the_reference_bundle_is_small_and_has_no_ethnicity(reference: Bundle) -> None:
    assert sum(map(len, reference.contents.values())) <= 6_000_000
    assert [part.name for part in reference.manifest.attributes] == ["gender", "age"]
    assert reference.manifest.absent == {"ethnicity": "not in this bundle"}


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_flipped_byte_is_found_in_every_file(bundle_copy, name: str) -> None:
    file = bundle_copy.path / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(BundleError, match=f"{name} was changed or damaged"):
        load_bundle(bundle_copy.path)


def test_a_missing_file(bundle_copy) -> None:
    (bundle_copy.path / "head.tflite").unlink()
    with pytest.raises(BundleError, match=r"has no file head\.tflite"):
        load_bundle(bundle_copy.path)
    with pytest.raises(BundleError, match=r"has no file head\.tflite"):
        load_bundle(zipped(bundle_copy.path, bundle_copy.path.with_suffix(".zip")))


def test_a_truncated_file(bundle_copy) -> None:
    file = bundle_copy.path / "trunk.tflite"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(BundleError, match=r"trunk\.tflite has .* bytes instead of"):
        load_bundle(bundle_copy.path)


def test_an_unknown_schema_version(bundle_copy) -> None:
    bundle_copy.edit(lambda manifest: manifest.update(schema_version=99, novelty=True))
    with pytest.raises(BundleError, match="schema version 99; this program reads 2"):
        load_bundle(bundle_copy.path)


def test_an_unknown_key(bundle_copy) -> None:
    bundle_copy.edit(lambda manifest: manifest["voice"].update(surprise=1))
    with pytest.raises(BundleError, match="surprise"):
        load_bundle(bundle_copy.path)


def test_a_front_end_that_drifted(bundle_copy) -> None:
    bundle_copy.edit(lambda manifest: manifest["front_end"]["parameters"].update(low_hz=80.0))
    with pytest.raises(BundleError, match="no longer matches the bundle's golden vectors"):
        load_bundle(bundle_copy.path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "no-such-front-end"}, "is not known here"),
        ({"parameters": {"no_such_parameter": 1}}, "has no parameter no_such_parameter"),
        ({"parameters": {"bins": "many"}}, "wrong parameter"),
        ({"parameters": {"bins": 10**9}}, "wrong parameter"),
        ({"parameters": {"frame_step": 0}}, "wrong parameter"),
        ({"parameters": {"fft_length": 2**33}}, "wrong parameter"),
        ({"parameters": {"frame_length": 1024}}, "frames that fit"),
        ({"parameters": {"low_hz": 5000.0, "high_hz": 100.0}}, "low end"),
        ({"window_samples": 400, "hop_samples": 400}, "golden sound"),
        ({"window_samples": 400, "hop_samples": 800}, "windows with gaps"),
    ],
)
def test_a_front_end_that_is_not_known(bundle_copy, change: dict[str, object], words: str) -> None:
    bundle_copy.edit(lambda manifest: manifest["front_end"].update(change))
    with pytest.raises(BundleError, match=words):
        load_bundle(bundle_copy.path)


@pytest.mark.parametrize("name", ["../outside.npy", "/etc/passwd", "golden/../../outside.npy"])
def test_a_path_that_leaves_the_folder(bundle_copy, name: str) -> None:
    (bundle_copy.path.parent / "outside.npy").write_bytes(b"secret")
    bundle_copy.edit(
        lambda manifest: manifest["files"].update({name: {"sha256": "0" * 64, "bytes": 6}})
    )
    with pytest.raises(BundleError, match="which leaves the bundle") as refused:
        load_bundle(bundle_copy.path)
    assert name in str(refused.value)


def test_a_link_that_leaves_the_folder(bundle_copy) -> None:
    outside = bundle_copy.path.parent / "outside.tflite"
    (bundle_copy.path / "head.tflite").rename(outside)
    (bundle_copy.path / "head.tflite").symlink_to(outside)
    with pytest.raises(BundleError, match=r"head\.tflite leaves the bundle's folder"):
        load_bundle(bundle_copy.path)


def test_a_zip_entry_that_leaves_the_folder(bundle_copy) -> None:
    path = zipped(bundle_copy.path, bundle_copy.path.with_suffix(".zip"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../evil.txt", "x")
    with pytest.raises(BundleError, match=r"'\.\./evil\.txt' leaves the bundle"):
        load_bundle(path)


def test_a_zip_bomb_does_not_fill_the_memory(bundle_copy) -> None:
    path = bundle_copy.path.with_suffix(".zip")
    (bundle_copy.path / "head.tflite").write_bytes(bytes(300 * 2**20))
    zipped(bundle_copy.path, path)
    assert path.stat().st_size < 10 * 2**20
    tracemalloc.start()
    try:
        with pytest.raises(BundleError, match=r"head\.tflite is longer than"):
            load_bundle(path)
        assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    finally:
        tracemalloc.stop()


def test_a_zip_whose_entry_lies_about_its_size(bundle_copy, tmp_path: Path) -> None:
    """The directory says 10 bytes, the compressed stream holds 200 MiB."""
    (bundle_copy.path / "head.tflite").write_bytes(bytes(200 * 2**20))
    bundle_copy.edit(lambda m: m["files"]["head.tflite"].update(bytes=10))
    path = zipped(bundle_copy.path, tmp_path / "liar.zip")
    data = bytearray(path.read_bytes())
    name = b"head.tflite"
    central = data.rindex(b"PK\x01\x02", 0, data.rindex(name))
    data[central + 24 : central + 28] = (10).to_bytes(4, "little")
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(BundleError, match=r"head\.tflite|not a whole zip"):
            load_bundle(path)
        assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("packed", [False, True])
def test_a_large_file_is_in_memory_once(bundle_copy, packed: bool) -> None:
    size = 64 * 2**20
    bundle_copy.put("large.bin", np.random.default_rng(0).bytes(size))
    path = bundle_copy.path
    if packed:
        path = zipped(path, path.with_suffix(".zip"))
    tracemalloc.start()
    try:
        assert len(load_bundle(path).contents["large.bin"]) == size
        assert tracemalloc.get_traced_memory()[1] < 1.3 * size
    finally:
        tracemalloc.stop()


def test_a_claim_of_ten_gigabytes(bundle_copy) -> None:
    bundle_copy.edit(lambda m: m["files"]["head.tflite"].update(bytes=10 * 10**9))
    with pytest.raises(BundleError, match=r"claims 10,\d+,\d+,\d+ bytes"):
        load_bundle(bundle_copy.path)


def test_a_manifest_that_is_too_long(bundle_copy, monkeypatch: pytest.MonkeyPatch) -> None:
    size = container.MANIFEST_LIMIT + 1
    (bundle_copy.path / "bundle.json").write_bytes(b" " * size)
    with pytest.raises(BundleError, match=r"bundle\.json is longer than"):
        load_bundle(bundle_copy.path)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff\xfe", b"{}"])
def test_a_manifest_that_is_no_manifest(bundle_copy, text: bytes) -> None:
    (bundle_copy.path / "bundle.json").write_bytes(text)
    with pytest.raises(BundleError, match=r"bundle\.json is damaged or not a bundle's"):
        load_bundle(bundle_copy.path)


def test_a_file_that_is_referred_to_but_not_listed(bundle_copy) -> None:
    bundle_copy.edit(lambda m: m["files"].pop("face.tflite"))
    with pytest.raises(BundleError, match=r"refers to face\.tflite"):
        load_bundle(bundle_copy.path)


def test_a_drive_of_a_parameter_that_the_face_does_not_have(bundle_copy) -> None:
    bundle_copy.edit(lambda m: m["face"]["vocal_tract"]["amplitudes"].update(antlers=1.0))
    with pytest.raises(BundleError, match="antlers"):
        load_bundle(bundle_copy.path)


def gender(manifest: dict[str, Any]) -> dict[str, Any]:
    return next(part for part in manifest["attributes"] if part["name"] == "gender")


def age(manifest: dict[str, Any]) -> dict[str, Any]:
    return next(part for part in manifest["attributes"] if part["name"] == "age")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: gender(m)["calibration"]["withheld"][0].update(class_name="cat"), "withholds"),
        (lambda m: age(m)["calibration"].update(low_quantile=0.95), "swapped"),
        (lambda m: m["attributes"].append(gender(m)), "two attributes of one name"),
        (lambda m: m["attributes"].remove(age(m)), "by age, which the bundle does not"),
        (lambda m: m["absent"].update(ethnicity=""), "absent"),
        (lambda m: m["face"]["measures"]["bias"].pop(), "measures that do not fit"),
        (lambda m: m["face"]["identity"]["amplitudes"].popitem(), "identity.npy has the shape"),
    ],
)
def test_parts_that_do_not_fit_each_other(bundle_copy, change: Any, words: str) -> None:
    bundle_copy.edit(change)
    with pytest.raises(BundleError, match=words):
        load_bundle(bundle_copy.path)


def test_axes_that_are_not_numbers(bundle_copy, reference: Bundle) -> None:
    axes = reference.array("identity.npy").copy()
    axes[0, 0] = np.nan
    data = io.BytesIO()
    np.save(data, axes)
    bundle_copy.put("identity.npy", data.getvalue())
    with pytest.raises(BundleError, match=r"identity\.npy has .* values that are not numbers"):
        load_bundle(bundle_copy.path)


def test_arrays_must_be_arrays(bundle_copy) -> None:
    bundle_copy.put("golden/features.npy", b"no array")
    with pytest.raises(BundleError, match=r"golden/features\.npy is not a NumPy array of float32"):
        load_bundle(bundle_copy.path)
    pickled = io.BytesIO()
    np.save(pickled, np.array([{"code": 1}], dtype=object), allow_pickle=True)
    bundle_copy.put("golden/features.npy", pickled.getvalue())
    with pytest.raises(BundleError, match=r"golden/features\.npy is not a NumPy array of float32"):
        load_bundle(bundle_copy.path)


def test_nothing_there_and_no_zip(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="There is no bundle at"):
        load_bundle(tmp_path / "nothing")
    with pytest.raises(BundleError, match=r"has no file bundle\.json"):
        load_bundle(tmp_path)
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(BundleError, match="is not a whole zip file"):
        load_bundle(tmp_path / "text.zip")


def test_a_zip_cut_short(tmp_path: Path) -> None:
    path = zipped(reference_path(), tmp_path / "reference.zip")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BundleError, match="is not a whole zip file"):
        load_bundle(path)


def test_the_command_line_shows_and_verifies(s2f_edge, bundle_copy) -> None:
    shown = s2f_edge("bundle", "show", bundle_copy.path)
    assert shown.code == 0
    assert '"ethnicity": "not in this bundle"' in shown.out
    verified = s2f_edge("bundle", "verify", bundle_copy.path)
    assert verified.code == 0
    assert "every model runs" in verified.out
    (bundle_copy.path / "age.tflite").unlink()
    refused = s2f_edge("bundle", "verify", bundle_copy.path)
    assert refused.code == 4
    assert refused.err == ("s2f-edge: The bundle has no file age.tflite. Copy the bundle again.\n")


def test_a_model_that_is_no_model_is_refused(s2f_edge, bundle_copy) -> None:
    bundle_copy.put("face.tflite", b"this is no flatbuffer, but its hash is right")
    refused = s2f_edge("bundle", "verify", bundle_copy.path)
    assert refused.code == 4
    assert "The face decoder cannot be run by" in refused.err


def test_models_that_do_not_fit_each_other_are_refused(s2f_edge, bundle_copy) -> None:
    bundle_copy.put("age.tflite", (bundle_copy.path / "gender.tflite").read_bytes())
    refused = s2f_edge("bundle", "verify", bundle_copy.path)
    assert refused.code == 4
    assert "The bundle's age takes 256 values and gives 3" in refused.err
