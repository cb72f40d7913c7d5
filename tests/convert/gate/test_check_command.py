"""`s2f-convert check` says what was found, and ends with 0, 1 or 4."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import pytest
from gate.test_edgetpu import COPY, LOG, PARTLY
from tiny_graphs import graph

from convert.errors import ModelFileError
from convert.gate.check_command import add_command
from convert.gate.edgetpu import PROGRAM


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The command in a folder with files, where no compiler is on the PATH."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str, **files: bytes) -> int:
        for name, content in files.items():
            Path(f"{name}.tflite").write_bytes(content)
        parser = argparse.ArgumentParser()
        add_command(parser.add_subparsers(required=True))
        parsed = parser.parse_args(["check", *(f"{name}.tflite" for name in files), *arguments])
        return int(parsed.run(parsed))

    return call


def test_a_model_that_passes_ends_with_0(check, capsys) -> None:
    assert check("--target", "coral", trunk=graph("convolution")) == 0
    out = capsys.readouterr().out
    assert "trunk.tflite for coral" in out
    assert "CONV_2D v3" in out
    assert "fit the chip's 8 MiB" in out
    assert out.strip().endswith("It passes the Edge TPU op gate.")
    assert "ompile" not in out


def test_a_refused_model_ends_with_1_and_every_reason(check, capsys) -> None:
    assert check("--target", "coral", face=graph("depth to space")) == 1
    out = capsys.readouterr().out
    assert "refused: DEPTH_TO_SPACE is refused: it is not on Coral's list." in out
    assert out.strip().endswith("It does not pass for coral.")


def test_several_models_share_the_chip(check, capsys) -> None:
    assert check("--target", "coral", trunk=graph("convolution"), face=graph("depthwise")) == 0
    assert "fit what earlier models leave" in capsys.readouterr().out


def test_one_refused_model_of_several_is_enough(check) -> None:
    assert check("--target", "coral", trunk=graph("relu"), face=graph("depth to space")) == 1
    assert check(trunk=graph("relu"), face=graph("depth to space")) == 0


def test_json_has_everything(check, capsys) -> None:
    assert check("--json", "--target", "jetson", face=graph("resize")) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["passed"] is True
    assert found["target"] == "jetson"
    (model,) = found["models"]
    assert model["operators"] == {"RESIZE_NEAREST_NEIGHBOR v2": 1}
    assert model["refusals"] == []
    assert "not taken by XNNPACK" in model["notes"][0]
    assert model["edge_tpu_memory"] is None


def test_json_of_a_refused_model_ends_with_1(check, capsys) -> None:
    assert check("--json", "--target", "coral", face=graph("convolution", "float")) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["passed"] is False
    assert found["models"][0]["edge_tpu_memory"]["streamed"] == 0
    assert any("FLOAT32" in refusal for refusal in found["models"][0]["refusals"])


def test_what_cannot_be_read_ends_with_4(check, tmp_path: Path) -> None:
    (tmp_path / "folder.tflite").mkdir()
    os.mkfifo(tmp_path / "pipe.tflite")
    for arguments, words in (
        (("nowhere.tflite",), "nowhere.tflite: The file cannot be read"),
        (("folder.tflite",), "folder.tflite: This is no file"),
        (("pipe.tflite",), "pipe.tflite: This is no file"),
        (("broken.tflite",), "broken.tflite: This .tflite file is damaged"),
    ):
        (tmp_path / "broken.tflite").write_bytes(graph("relu")[:100])
        with pytest.raises(ModelFileError, match=words) as error:
            check(*arguments)
        assert error.value.exit_code == 4


def with_compiler(folder: Path, code: str) -> None:
    program = folder / PROGRAM
    program.write_text(f"#!{sys.executable}\nimport os, shutil, sys, time\n{code}")
    program.chmod(0o755)


def test_a_compiler_on_the_path_is_asked_and_its_log_kept(check, tmp_path: Path, capsys) -> None:
    with_compiler(tmp_path, f"print({LOG!r})\n{COPY}")
    assert check("--target", "coral", "--keep", "kept", trunk=graph("relu")) == 0
    assert "It compiles for the Edge TPU: all 108 operators" in capsys.readouterr().out
    assert "Edge TPU Compiler version" in (tmp_path / "kept/trunk_edgetpu.log").read_text()
    assert (tmp_path / "kept/trunk_edgetpu.tflite").read_bytes() == graph("relu")


def test_operators_that_the_compiler_leaves_to_the_cpu_refuse(check, tmp_path, capsys) -> None:
    with_compiler(tmp_path, f"print({LOG + PARTLY!r})\n{COPY}")
    assert check("--json", "--target", "coral", trunk=graph("relu")) == 1
    (model,) = json.loads(capsys.readouterr().out)["models"]
    assert model["refusals"] == ["The compiler leaves 6 operators to the CPU."]
    assert model["compiled"]["mapped"] == 102
    assert "Edge TPU Compiler version" in model["compiled"]["log"]


def test_a_compiler_that_fails_refuses(check, tmp_path: Path, capsys) -> None:
    with_compiler(tmp_path, "print('Internal compiler error. Aborting!')\nsys.exit(1)")
    assert check("--target", "coral", trunk=graph("relu")) == 1
    assert "Internal compiler error. Aborting!" in capsys.readouterr().out
