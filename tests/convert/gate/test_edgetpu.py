"""The Edge TPU compiler is run where it is there. A fake stands for it: it cannot be had here."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from tiny_graphs import graph

from convert.errors import ConvertError
from convert.gate.edgetpu import PROGRAM, compile_for_edgetpu

LOG = """Edge TPU Compiler version 16.0.384591198
Started a compilation timeout timer of 180 seconds.

Model compiled successfully in 51 ms.

Input model: model.tflite
Input size: 3.11KiB
Output model: model_edgetpu.tflite
Output size: 40.12KiB
On-chip memory used for caching model parameters: 5.99MiB
On-chip memory remaining for caching model parameters: 74.00KiB
Off-chip memory used for streaming uncached model parameters: 0.00B
Number of Edge TPU subgraphs: 1
Total number of operations: 108
Operation log: model_edgetpu.log
"""
PARTLY = """
Model successfully compiled but not all operations are supported by the Edge TPU.
Number of operations that will run on Edge TPU: 102
Number of operations that will run on CPU: 6
"""
COPY = "shutil.copy('model.tflite', sys.argv[sys.argv.index('-o') + 1] + '/model_edgetpu.tflite')\n"


@pytest.fixture
def compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Put a compiler on the PATH that does as the given Python code says."""

    def put(code: str) -> Path:
        program = tmp_path / PROGRAM
        program.write_text(f"#!{sys.executable}\nimport os, shutil, sys, time\n{code}")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", os.fspath(tmp_path))
        return tmp_path

    return put


def test_without_a_compiler_there_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    assert compile_for_edgetpu(graph("relu"), "trunk") is None


def test_numbers_are_read_from_the_log(compiler) -> None:
    compiler(f"print({LOG + PARTLY!r})\n{COPY}")
    compiled = compile_for_edgetpu(graph("relu"), "trunk")
    assert compiled is not None
    assert compiled.content == graph("relu")
    assert "version 16.0.384591198" in compiled.log
    assert (compiled.mapped, compiled.unmapped) == (102, 6)
    assert (compiled.on_chip, compiled.on_chip_left) == (round(5.99 * 2**20), 74 * 1024)
    assert compiled.off_chip == 0


def test_a_log_that_names_no_cpu_operators_has_none(compiler) -> None:
    compiler(f"print({LOG!r})\n{COPY}")
    compiled = compile_for_edgetpu(graph("relu"), "trunk")
    assert compiled is not None
    assert (compiled.mapped, compiled.unmapped) == (108, 0)


def test_a_failure_shows_the_end_of_the_log(compiler) -> None:
    compiler(
        "print('x' * 10, '\\x1b[31m')\nprint('Internal compiler error. Aborting!')\nsys.exit(1)"
    )
    with pytest.raises(
        ConvertError, match=r"ended with code 1 on the trunk\.(.|\n)*Aborting!"
    ) as e:
        compile_for_edgetpu(graph("relu"), "trunk")
    assert "\x1b" not in str(e.value)


def test_one_that_hangs_is_ended_with_its_children(compiler) -> None:
    folder = compiler(
        "if os.fork() == 0:\n"
        "    time.sleep(3)\n"
        "    open(os.path.join(os.path.dirname(sys.argv[0]), 'alive'), 'w').close()\n"
        "    os._exit(0)\n"
        "print('Started', flush=True)\ntime.sleep(60)"
    )
    start = time.monotonic()
    with pytest.raises(ConvertError, match=r"took longer than 1 s and was stopped on the trunk"):
        compile_for_edgetpu(graph("relu"), "trunk", limit_s=1)
    assert time.monotonic() - start < 30
    time.sleep(3)
    assert not (folder / "alive").exists()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (f"print({LOG!r})", "wrote no model"),
        (f"print({LOG!r})\nopen('model_edgetpu.tflite', 'wb').write(os.urandom(999))", "no model"),
        (f"sys.stdout.buffer.write(bytes(range(256)) * 99)\n{COPY}", "without the number of oper"),
        (f"print('Total number of operations: 3')\n{COPY}", "without its use of memory"),
        (f"print({LOG.replace('5.99', '5.9.9')!r})\n{COPY}", "without its use of memory"),
        ("os.mkdir('model_edgetpu.tflite')", "wrote no model"),
    ],
)
def test_garbage_is_a_sentence(compiler, code: str, words: str) -> None:
    compiler(code)
    with pytest.raises(ConvertError, match=f"^{PROGRAM} .*{words}"):
        compile_for_edgetpu(graph("relu"), "trunk")


def test_one_that_cannot_be_started_is_a_sentence(compiler) -> None:
    folder = compiler("")
    (folder / PROGRAM).write_text("#!/nowhere/python\n")
    with pytest.raises(ConvertError, match="cannot be started"):
        compile_for_edgetpu(graph("relu"), "trunk")


def test_a_log_without_end_is_not_read_to_its_end(compiler) -> None:
    compiler(f"print({LOG!r})\nprint('y' * 5_000_000)\n{COPY}")
    compiled = compile_for_edgetpu(graph("relu"), "trunk")
    assert compiled is not None
    assert len(compiled.log) <= 2**20
