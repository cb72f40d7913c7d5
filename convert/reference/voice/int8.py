"""The voice networks of a bundle, to be measured like the float ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from convert.reference.voice.trials import Floats, Network
from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine
from edge.inference.model import Model
from edge.inference.placement import Placement


def int8_networks(path: Path) -> tuple[Mapping[str, Network], str]:
    """Networks by name, and what they are, in words. Raises BundleError."""
    engine = Engine(load_bundle(path), Placement())
    names = ("trunk", "head", "gender", "age")
    networks = {name: batched(engine.model(name)) for name in names}
    bundle = engine.bundle
    return networks, f"int8 models of the bundle {bundle.name} {bundle.manifest.version}"


def batched(model: Model) -> Network:
    """A board's model, which takes one input at a time, for `(n, …)` inputs."""

    def run(values: Floats) -> Floats:
        return np.concatenate([model(sample[None]) for sample in values])

    return run
