"""ONNX files and SavedModel folders are looked at, not loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from convert.checkpoints.reader import read_checkpoint
from convert.errors import CheckpointError


def graph(weights: TensorProto) -> onnx.ModelProto:
    value = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 2]) for n in ("x", "y")]
    node = helper.make_node("Add", ["x", weights.name], ["y"])
    return helper.make_model(helper.make_graph([node], "g", value[:1], value[1:], [weights]))


def weights() -> TensorProto:
    return numpy_helper.from_array(np.ones((1, 2), np.float32), "w")


def elsewhere(location: str) -> TensorProto:
    made = weights()
    onnx.external_data_helper.set_external_data(made, location)
    made.ClearField("raw_data")
    return made


def test_an_onnx_file_is_a_graph_without_tensors(tmp_path: Path) -> None:
    onnx.save(graph(weights()), tmp_path / "voice.onnx")
    checkpoint = read_checkpoint(tmp_path / "voice.onnx")
    assert (checkpoint.kind, dict(checkpoint.tensors)) == ("onnx", {})


def test_weights_in_a_file_beside_it_are_fine(tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(bytes(8))
    onnx.save(graph(elsewhere("w.bin")), tmp_path / "voice.onnx")
    assert read_checkpoint(tmp_path / "voice.onnx").kind == "onnx"


@pytest.mark.parametrize("location", ["../w.bin", "/etc/passwd", "link.bin", ""])
def test_weights_outside_the_folder_are_refused(tmp_path: Path, location: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "w.bin").write_bytes(bytes(8))
    (folder / "link.bin").symlink_to(tmp_path / "w.bin")
    (folder / "voice.onnx").write_bytes(graph(elsewhere(location)).SerializeToString())
    with pytest.raises(CheckpointError, match="outside its folder"):
        read_checkpoint(folder / "voice.onnx")


def test_weights_that_are_not_there_are_refused(tmp_path: Path) -> None:
    (tmp_path / "voice.onnx").write_bytes(graph(elsewhere("w.bin")).SerializeToString())
    with pytest.raises(CheckpointError, match=r"w\.bin, which is not there"):
        read_checkpoint(tmp_path / "voice.onnx")


@pytest.mark.parametrize(
    "content", [b"\x08\xff\xff\xff", b"\xfe\x12\x99 something else", b"\x08\x07"]
)
def test_what_is_no_onnx_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "voice.onnx").write_bytes(content)
    with pytest.raises(CheckpointError, match="no ONNX file"):
        read_checkpoint(tmp_path / "voice.onnx")


def test_a_truncated_onnx_file_is_refused(tmp_path: Path) -> None:
    content = graph(weights()).SerializeToString()
    (tmp_path / "voice.onnx").write_bytes(content[:-7])
    with pytest.raises(CheckpointError, match="no ONNX file, or is cut off"):
        read_checkpoint(tmp_path / "voice.onnx")


def test_a_saved_model_is_hashed_by_names_and_contents(tmp_path: Path) -> None:
    folder = tmp_path / "voice"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"x")
    (folder / "variables" / "variables.index").write_bytes(b"y")
    first = read_checkpoint(folder)
    assert (first.kind, dict(first.tensors)) == ("keras-model", {})
    assert read_checkpoint(folder).sha256 == first.sha256
    (folder / "variables" / "variables.index").write_bytes(b"z")
    assert read_checkpoint(folder).sha256 != first.sha256
