"""What a board gets: the package with its base dependencies alone, small, and working."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LARGEST_MB = 250


@pytest.mark.timeout(600)
def test_the_base_install_is_small_and_draws_a_face(woman: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    before = size_mb(venv)
    pip = [venv / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
    # a copy, because building leaves files in the tree that it builds from
    source = tmp_path / "source"
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True, capture_output=True,
    ).stdout.split(b"\0")  # fmt: skip
    for name in filter(None, map(os.fsdecode, listed)):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run([*pip, source], check=True)
    installed = size_mb(venv) - before
    print(f"installed: {installed:.0f} MB")  # noqa: T201
    assert installed <= LARGEST_MB

    packages = subprocess.run(
        [venv / "bin" / "pip", "list", "--format=json", "--disable-pip-version-check"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    names = {package["name"].lower() for package in json.loads(packages)}
    assert not names & {"tensorflow", "torch", "onnx2tf", "pyaudio", "pygame-ce"}

    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [venv / "bin" / "s2f-edge", "render", woman, "--json", "--out", tmp_path],
        capture_output=True, text=True, cwd=tmp_path, env=clean,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    line = json.loads(done.stdout)
    assert line["runtime"].startswith("tflite-runtime ")
    assert line["attributes"]["gender"]["value"] == "female"
    assert Path(line["face"]).is_file()
    doctor = subprocess.run(
        [venv / "bin" / "s2f-edge", "doctor"], capture_output=True, text=True, env=clean
    )
    assert doctor.returncode == 5
    assert "PyAudio is not installed" in doctor.stdout
    converter = subprocess.run(
        [venv / "bin" / "s2f-convert", "check", "none.tflite"],
        capture_output=True,
        text=True,
        env=clean,
    )
    assert converter.returncode == 2
    assert "speech2face-edge[convert]" in converter.stderr
    assert "Traceback" not in converter.stderr


def size_mb(folder: Path) -> float:
    return sum(f.lstat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6
