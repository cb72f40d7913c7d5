from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import trunks
from trunks import Trunk

from edge.inference.bundle import load_bundle, reference_path


@pytest.fixture(scope="session")
def paper() -> Trunk:
    return trunks.paper(positions=2)


@pytest.fixture(scope="session")
def wen() -> Trunk:
    return trunks.wen()


@pytest.fixture(scope="session")
def inception() -> Trunk:
    return trunks.inception()


@pytest.fixture(scope="session")
def reference_trunk() -> Trunk:
    """The reference bundle's: int8 only."""
    content = load_bundle(reference_path()).model("trunk")
    return Trunk(1, b"", content, content)


@pytest.fixture(params=["paper", "wen", "inception", "reference_trunk"])
def trunk(request: pytest.FixtureRequest) -> Trunk:
    found: Trunk = request.getfixturevalue(request.param)
    return found
