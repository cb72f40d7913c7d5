"""`s2f-convert` says in one sentence what is wrong, and ends with a code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from convert.__main__ import main
from convert.cli import run
from convert.network import Converted
from edge.errors import UsageError


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["s2f-convert", *arguments])
    return main()


def test_gate_lists_operators(encoder: Converted, tmp_path: Path, monkeypatch, capsys) -> None:
    (tmp_path / "model.tflite").write_bytes(encoder.content)
    assert call(monkeypatch, "gate", str(tmp_path / "model.tflite")) == 0
    out = capsys.readouterr().out
    assert "2  DEPTHWISE_CONV_2D v3" in out
    assert "Boards can run it." in out


def test_gate_refuses_with_one(saved_encoder: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    from tensorflow import lite

    content = lite.TFLiteConverter.from_saved_model(str(saved_encoder)).convert()
    (tmp_path / "float.tflite").write_bytes(content)
    assert call(monkeypatch, "gate", str(tmp_path / "float.tflite")) == 1
    assert "refused: Input" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("gate", "nowhere.tflite"), 4, "nowhere.tflite cannot be read"),
        (("certify", "nowhere"), 4, "no bundle at nowhere"),
        (("reference", "build", "--voice", "a", "--face", "b", "--out", "c"), 2, "no voice.pt"),
    ],
)
def test_errors_are_one_sentence(monkeypatch, capsys, arguments, code: int, words: str) -> None:
    assert call(monkeypatch, *arguments) == code
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err


def test_another_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convert.cli.NEEDED", (3, 99))
    with pytest.raises(UsageError, match=r"needs Python 3.99.*speech2face-edge\[convert\]"):
        run(["gate", "x"])


def test_without_the_extra_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['tflite'] = None; sys.argv = ['s2f-convert', 'gate', %r]; "
        "from convert.__main__ import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code % __file__], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "pip install 'speech2face-edge[convert]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_usage_ends_with_two(capsys) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(["certify"])
    assert "usage" in capsys.readouterr().err
