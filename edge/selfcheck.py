"""Tries a bundle out before it is used: its models must fit each other, and run."""

from __future__ import annotations

import math

import numpy as np

from edge.errors import BundleError
from edge.face.painter import Painter
from edge.inference.bundle import Bundle
from edge.inference.engine import Engine
from edge.inference.interpreter import find_runtime
from edge.inference.manifest import ChoiceAttribute, models
from edge.voice.listener import Listener


def check(bundle: Bundle, runtime: str = "auto") -> None:
    """Run the golden sound through the whole bundle. Raises BundleError."""
    engine, manifest = Engine(bundle, find_runtime(runtime)), bundle.manifest
    nets = {role: engine.model(role) for role in models(manifest)}
    sound = bundle.array(manifest.front_end.golden.sound)
    sizes: dict[str, tuple[int, int | None]] = {
        "trunk": (bundle.front_end(sound).size, None),
        "head": (math.prod(nets["trunk"].output_shape), manifest.voice.dimensions),
        "face": (
            len(manifest.face.parameters) or manifest.voice.dimensions,
            manifest.face.size**2 * 3,
        ),
    }
    for part in manifest.attributes:
        outputs = len(part.classes) if isinstance(part, ChoiceAttribute) else part.bins.count
        sizes[part.name] = (manifest.voice.dimensions, outputs)
    for role, (taken, given) in sizes.items():
        takes, gives = (math.prod(s) for s in (nets[role].input_shape, nets[role].output_shape))
        if takes != taken or given not in (None, gives):
            raise BundleError(
                f"The bundle's {role} takes {takes} values and gives {gives}; "
                f"{taken} and {given or 'any number'} are wanted. Convert the model again."
            )
    everything = frozenset(part.name for part in manifest.attributes)
    listener = Listener(engine, everything)
    times = math.ceil(manifest.voice.minimum_evidence_s * 16000 / sound.size) + 1
    heard = listener.push(np.tile(sound, times))
    if heard is None or not np.all(np.isfinite(heard.estimate.feature)):
        raise BundleError("The bundle's voice encoder makes no feature of its golden sound.")
    Painter(engine).paint(heard)
