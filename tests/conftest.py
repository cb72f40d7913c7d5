"""The reference bundle, copies of it to damage, and the sample voices."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from edge.inference.bundle import Bundle, load_bundle, reference_path


@pytest.fixture(scope="session")
def reference() -> Bundle:
    return load_bundle(reference_path())


@dataclass(frozen=True)
class BundleCopy:
    """A bundle as a folder that a test may change."""

    path: Path

    def edit(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change bundle.json."""
        file = self.path / "bundle.json"
        manifest = json.loads(file.read_text())
        change(manifest)
        file.write_text(json.dumps(manifest))

    def put(self, name: str, data: bytes) -> None:
        """Write a file and enter it into bundle.json with its right hash."""
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_bytes(data)
        entry = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        self.edit(lambda manifest: manifest["files"].update({name: entry}))

    def add_ethnicity(self) -> None:
        """Give it an ethnicity head. The network is the gender head's: the numbers mean nothing."""

        def change(manifest: dict[str, Any]) -> None:
            head = next(p for p in manifest["attributes"] if p["name"] == "gender")
            manifest["attributes"].append(
                {
                    **head,
                    "name": "ethnicity",
                    "sensitive": True,
                    "classes": ["african", "asian", "caucasian"],
                    "calibration": {"temperature": 1.0, "threshold": 0.0, "withheld": []},
                }
            )
            manifest["absent"].pop("ethnicity")

        self.edit(change)


@pytest.fixture
def bundle_copy(tmp_path: Path) -> BundleCopy:
    path = tmp_path / "bundle"
    shutil.copytree(reference_path(), path)
    return BundleCopy(path)


@pytest.fixture
def bundle_folder() -> type[BundleCopy]:
    return BundleCopy


def sample(name: str) -> Path:
    return Path(str(resources.files("edge"))) / "samples" / f"{name}.flac"


@pytest.fixture(scope="session")
def woman() -> Path:
    return sample("woman")


@pytest.fixture(scope="session")
def man() -> Path:
    return sample("man")


@pytest.fixture(scope="session")
def woman_sound(woman: Path) -> np.ndarray:
    return _sound(woman)


@pytest.fixture(scope="session")
def man_sound(man: Path) -> np.ndarray:
    return _sound(man)


def _sound(path: Path) -> np.ndarray:
    sound, rate = soundfile.read(path, dtype="float32")
    assert rate == 16000
    return sound


@dataclass(frozen=True)
class Finished:
    """How a run of s2f-edge ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


EdgeCommand = Callable[..., Finished]


@pytest.fixture(scope="session")
def s2f_edge() -> EdgeCommand:
    """Runs the command as a user would; a traceback fails the test."""

    def run(*arguments: str | Path, env: dict[str, str] | None = None) -> Finished:
        done = subprocess.run(
            [sys.executable, "-m", "edge", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=120,
            env=env,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Finished(done.returncode, done.stdout, done.stderr)

    return run
