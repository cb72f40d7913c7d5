"""A bundle that uses all that schema 2 has runs, and one whose parts do not fit is refused."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edge import assembly
from edge.errors import BundleError
from edge.face import craniofacial
from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine
from edge.inference.model import Model
from edge.selfcheck import check, try_out


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_render_runs_it(s2f_edge, schema_2, woman: Path, tmp_path: Path) -> None:
    done = s2f_edge("render", woman, "--json", "--out", tmp_path, "--bundle", schema_2.path)
    assert done.code == 0, done.err
    (line,) = done.lines
    assert line["bundle"]["name"] == "small"
    assert line["attributes"]["gender"]["value"] in ("female", "male")
    assert list(line["attributes"]["craniofacial"]) == list(craniofacial.NAMES)
    # eight windows of half a second, each a quarter of a second after the one before
    assert line["evidence_s"] == pytest.approx(2.2, abs=0.1)
    with Image.open(line["face"]) as picture:
        assert np.asarray(picture).std() > 5


def test_the_target_chooses_the_graph(schema_2, schema_2_files: dict[str, bytes]) -> None:
    whole = load_bundle(schema_2.path)
    coral = load_bundle(schema_2.path, "coral")
    cpu = load_bundle(schema_2.path, "jetson")
    assert coral.model("trunk", "coral") == schema_2_files["trunk.coral.tflite"]
    assert coral.model("face", "coral") == schema_2_files["face.tflite"]
    assert cpu.model("trunk", "jetson") == schema_2_files["trunk.tflite"]
    # of the other targets nothing stays in memory
    assert set(whole.contents) - set(coral.contents) == {"trunk.tflite"}
    assert set(whole.contents) - set(cpu.contents) == {"trunk.coral.tflite"}


def test_settings_and_command_line_name_the_target(
    s2f_edge, schema_2, woman: Path, tmp_path: Path
) -> None:
    """The graph for coral is float32 here: its answer differs in the last digits."""
    settings = tmp_path / "coral.toml"
    settings.write_text('[inference]\ntarget = "coral"\n')
    common = ("render", woman, "--json", "--out", tmp_path, "--bundle", schema_2.path)
    default, flag, file, over = (
        s2f_edge(*common, *more).lines[0]["attributes"]["craniofacial"]
        for more in (
            (),
            ("--target", "coral"),
            ("--config", settings),
            ("--config", settings, "--target", "jetson"),
        )
    )
    assert flag == file
    assert default == over
    assert default != flag
    assert default == pytest.approx(flag, rel=0.1)
    refused = s2f_edge(*common, "--target", "abacus")
    assert refused.code == 2


def test_a_graph_that_was_compiled_for_coral_says_what_to_do(
    s2f_edge, schema_2, schema_2_files: dict[str, bytes], woman: Path
) -> None:
    from tensorflow.lite.tools import flatbuffer_utils

    graph = flatbuffer_utils.convert_bytearray_to_object(
        bytearray(schema_2_files["trunk.coral.tflite"])
    )
    code = graph.operatorCodes[0]
    code.builtinCode, code.deprecatedBuiltinCode = 32, 32  # CUSTOM
    code.customCode = b"edgetpu-custom-op"
    schema_2.put("trunk.coral.tflite", bytes(flatbuffer_utils.convert_object_to_bytearray(graph)))
    refused = s2f_edge("render", woman, "--bundle", schema_2.path, "--target", "coral")
    assert refused.code == 4
    assert "The voice trunk cannot be run by" in refused.err
    assert "needs that board's accelerator; the target cpu runs everywhere." in refused.err
    verified = s2f_edge("bundle", "verify", schema_2.path)
    assert verified.code == 0
    assert "Not run here: the graphs that were compiled for coral." in verified.out


def test_show_and_verify_know_every_target(s2f_edge, schema_2, network) -> None:
    shown = s2f_edge("bundle", "show", schema_2.path).out
    assert json.loads(shown[: shown.rindex("}") + 1])["targets"] == ["coral", "cpu"]
    verified = s2f_edge("bundle", "verify", schema_2.path)
    assert verified.code == 0
    assert "every model runs" in verified.out
    assert "Not run here" not in verified.out
    other = network(np.zeros((2000, 13)), np.zeros(13), (40, 50), (13,), "float32")
    schema_2.put("trunk.coral.tflite", other)
    refused = s2f_edge("bundle", "verify", schema_2.path)
    assert refused.code == 4
    assert "the trunk gives 13" in refused.err


def test_mqtt_announces_the_measures_of_landmarks(schema_2) -> None:
    assert assembly.catalogue(load_bundle(schema_2.path)).craniofacial == craniofacial.NAMES


def test_models_are_made_once(schema_2, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    first = Model.__init__

    def counting(self: Model, *arguments: Any) -> None:
        made.append(arguments[-1])
        first(self, *arguments)

    monkeypatch.setattr(Model, "__init__", counting)
    engine = Engine(load_bundle(schema_2.path))
    try_out(engine)
    try_out(engine)
    assert sorted(made) == [
        "face decoder",
        "face decoder's first part",
        "gender head",
        "landmark decoder",
        "voice trunk",
    ]


def without_landmarks(manifest: dict[str, Any]) -> None:
    manifest["face"]["landmarks"]["mean"] = None
    manifest["face"]["landmarks"]["scheme"] = "ibug-68"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m["voice"].update(dimensions=11), r"outputs\.npy has the shape .*\(11, 24\)"),
        (lambda m: m["voice"]["pooling"].update(most_windows=0), "most_windows"),
        (lambda m: m["voice"]["pooling"].update(kind="magic"), "magic"),
        (lambda m: m["voice"]["pooling"].update(inputs="../x.npy"), "leaves the bundle"),
        (lambda m: m["voice"]["pooling"].update(inputs="none.npy"), r"refers to none\.npy"),
        (lambda m: m["voice"]["pooling"].update(inputs="outputs.npy"), r"\(12, 12\) is wanted"),
        (lambda m: m["voice"].update(minimum_evidence_s=9.0), r"looks back only 2\.2"),
        (lambda m: m["front_end"].update(bins_first=False), r"\(50, 40\); .* for \(40, 50\)"),
        (lambda m: m["face"]["landmarks"].update(scheme="ibug-68"), r"\(68, 2\) is wanted"),
        (lambda m: m["face"]["landmarks"].update(scheme="ibug-69"), "ibug-69"),
        (lambda m: m["face"]["landmarks"].update(mean="outputs.npy"), r"\(72, 2\) is wanted"),
        (lambda m: m["face"].update(parameters=[PARAMETER]), "named parameters and a network"),
        (lambda m: m["face"].update(measures=MEASURES), "measures both of"),
        (lambda m: m["face"]["shared"]["files"].pop("cpu"), "no file of the shared"),
    ],
)  # fmt: skip
def test_parts_that_do_not_fit_are_refused_when_read(schema_2, change: Any, words: str) -> None:
    schema_2.edit(change)
    with pytest.raises(BundleError, match=words):
        load_bundle(schema_2.path)


PARAMETER = {"name": "p", "low": 0.0, "high": 1.0, "default": 0.0, "role": "identity"}
MEASURES = {"names": [], "weights": [], "bias": [], "r2": []}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m["voice"].update(pooling={"kind": "mean"}, dimensions=10), "no voice head"),
        (lambda m: m["voice"].update(head=FACE), "head takes 10 values and gives 768; 12 and 12"),
        (lambda m: m["face"].update(shared=FACE), "shared takes 10 values .*; 12 and any"),
        (lambda m: m["face"].update(shared=None), "face takes 10 values .*; 12 and 768"),
        (without_landmarks, "landmarks takes 10 values and gives 144; 10 and 136"),
        (lambda m: m["face"]["landmarks"].update(model=FACE), "landmarks takes .*; 10 and 144"),
    ],
)
def test_models_that_do_not_fit_are_refused_when_tried(schema_2, change: Any, words: str) -> None:
    schema_2.edit(change)
    with pytest.raises(BundleError, match=words):
        check(load_bundle(schema_2.path))


FACE = {"files": {"cpu": "face.tflite"}}


def test_the_order_of_the_axes_is_checked(schema_2, network) -> None:
    turned = network(np.zeros((2000, 12)), np.zeros(12), (50, 40), (12,), "float32")
    schema_2.put("trunk.tflite", turned)
    with pytest.raises(BundleError, match="the axes are in another order"):
        check(load_bundle(schema_2.path))


def test_attention_that_the_trunk_does_not_fit(schema_2, network) -> None:
    longer = network(np.zeros((2000, 13)), np.zeros(13), (40, 50), (13,), "float32")
    schema_2.put("trunk.tflite", longer)
    with pytest.raises(BundleError, match="attention takes vectors of 12 values; the trunk gives"):
        check(load_bundle(schema_2.path))


@pytest.mark.parametrize(
    ("name", "array", "words"),
    [
        ("mean.npy", np.full((72, 2), 1e6, np.float32), "far outside the picture"),
        ("mean.npy", np.full((72, 2), np.nan, np.float32), "values that are not numbers"),
        ("mean.npy", np.zeros((72, 2)), "it holds float64; float32"),
        ("mean.npy", np.asfortranarray(np.zeros((72, 2), np.float32)), "stored by rows"),
        ("inputs.npy", np.full((12, 12), np.inf, np.float32), "values that are not numbers"),
        ("inputs.npy", np.zeros((), np.float32), r"inputs\.npy has the shape \(\)"),
        ("outputs.npy", np.zeros((12, 12), np.float32), r"\(12, 24\) is wanted"),
    ],
)
def test_arrays_that_do_not_fit(schema_2, name: str, array: np.ndarray, words: str) -> None:
    schema_2.put(name, npy(array))
    with pytest.raises(BundleError, match=words):
        load_bundle(schema_2.path)


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1152921504606846976,), }",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 2), }",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (72,), }",
        b"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (72, 2), }",
        b"{'descr': '<f4', 'shape': (72, 2), }",
        b"__import__('os')",
        b"(((((",
        b"\xff\xfe",
        b"",
    ],
)
def test_a_header_that_lies(schema_2, header: bytes) -> None:
    """It is refused before memory is set aside for what it claims."""
    magic = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little")
    schema_2.put("mean.npy", magic + header + bytes(72 * 2 * 4))
    with pytest.raises(BundleError, match=r"mean\.npy is not a NumPy array of float32"):
        load_bundle(schema_2.path)


def test_a_network_whose_values_are_not_numbers(schema_2, network) -> None:
    broken = network(np.full((12, 2), np.nan), np.zeros(2), (12,), (2,), "float32")
    schema_2.put("gender.tflite", broken)
    with pytest.raises(BundleError, match="The gender head gives values that are not numbers"):
        check(load_bundle(schema_2.path))


def test_a_front_end_that_would_fill_the_memory(schema_2) -> None:
    schema_2.put("golden/sound.npy", npy(np.zeros(320000, np.float32)))
    many = {"frame_step": 1, "fft_length": 8192, "bins": 1}
    schema_2.edit(lambda m: m["front_end"].update(parameters=many, window_samples=320000))
    with pytest.raises(BundleError, match="319601 frames of 8192 values are too many"):
        load_bundle(schema_2.path)
