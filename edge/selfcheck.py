"""Tries a bundle out before it is used: its models must fit each other, and run."""

from __future__ import annotations

import math

import numpy as np

from edge.errors import BundleError
from edge.face.landmarks import point_count
from edge.face.painter import Painter
from edge.inference.arrays import Floats
from edge.inference.bundle import Bundle
from edge.inference.engine import Engine
from edge.inference.manifest import AttentionPooling, ChoiceAttribute, Target
from edge.inference.placement import Placement
from edge.inference.runtime import find_runtime
from edge.voice.listener import Listener
from edge.voice.trunk import trunk, window_frames

MOST_STEPS, FLOAT_TOLERANCE = 2, 1e-4
"""by which a trunk with state may differ from the one on windows: steps of int8, or a share of
the largest value"""


def check(bundle: Bundle, runtime: str = "auto", target: Target = "cpu") -> None:
    """Run the golden sound through the whole bundle. Raises BundleError."""
    try_out(Engine(bundle, Placement(find_runtime(runtime)), target))


def try_out(engine: Engine) -> None:
    """The same with an engine that is used afterwards: its models are made once."""
    manifest = engine.bundle.manifest
    sound = engine.bundle.array(manifest.front_end.golden.sound)
    _check_voice(engine)
    _check_attributes(engine)
    _check_face(engine)
    everything = frozenset(part.name for part in manifest.attributes)
    listener = Listener(engine, everything)
    times = math.ceil(manifest.voice.minimum_evidence_s * 16000 / sound.size) + 1
    heard = listener.push(np.tile(sound, times))
    if heard is None:
        raise BundleError("The bundle's voice encoder makes no feature of its golden sound.")
    Painter(engine).paint(heard)


def _check_voice(engine: Engine) -> None:
    manifest = engine.bundle.manifest
    voice, part = manifest.voice, manifest.front_end
    golden = engine.bundle.array(part.golden.features)
    pooled = _check_model(engine, "trunk", golden.size, None)
    shape = engine.model("trunk").input_shape
    # a flat input says nothing about the order of its values
    if _axes(shape) != _axes(golden.shape) and len(_axes(shape)) > 1:
        raise BundleError(
            f"The bundle's trunk takes {shape}, but the front end makes features of shape "
            f"{golden.shape}: the axes are in another order. Convert the model again."
        )
    if voice.stream:
        _check_stream(engine, golden)
    if isinstance(voice.pooling, AttentionPooling):
        inputs = engine.bundle.array(voice.pooling.inputs)
        if len(inputs) != pooled:
            raise BundleError(
                f"The bundle's attention takes vectors of {len(inputs)} values; the trunk gives "
                f"{pooled}. Convert the model again."
            )
        pooled = len(engine.bundle.array(voice.pooling.outputs))
    if voice.head:
        _check_model(engine, "head", pooled, voice.dimensions)
    elif pooled != voice.dimensions:
        raise BundleError(
            f"The bundle has no voice head, and its trunk gives {pooled} values instead of the "
            f"face feature's {voice.dimensions}. Convert the model again."
        )


def _check_stream(engine: Engine, golden: Floats) -> None:
    """The trunk with state must give what the trunk gives on the golden window."""
    frames, step = window_frames(engine.bundle)
    stream, window = engine.stream(), engine.model("trunk")
    if frames * math.prod(stream.input_shape) != step * golden.size or math.prod(
        stream.output_shape
    ) != math.prod(window.output_shape):
        raise BundleError(
            f"The bundle's stream takes {stream.input_shape} and gives {stream.output_shape}, "
            f"which does not fit steps of {step} frames, or its trunk. Convert the model again."
        )
    expected = window(golden).ravel()
    apart = float(np.abs(trunk(engine)(golden) - expected).max())
    allowed = MOST_STEPS * stream.output_step or FLOAT_TOLERANCE * float(np.abs(expected).max())
    if not apart <= allowed:
        raise BundleError(
            f"The bundle's stream is not its trunk: on the golden sound they are {apart:.3g} "
            f"apart, {allowed:.3g} is allowed. Convert the model again."
        )


def _check_attributes(engine: Engine) -> None:
    manifest = engine.bundle.manifest
    for part in manifest.attributes:
        outputs = len(part.classes) if isinstance(part, ChoiceAttribute) else part.bins.count
        _check_model(engine, part.name, manifest.voice.dimensions, outputs)


def _check_face(engine: Engine) -> None:
    face = engine.bundle.manifest.face
    taken = len(face.parameters) or engine.bundle.manifest.voice.dimensions
    if face.shared:
        taken = _check_model(engine, "shared", taken, None)
    _check_model(engine, "face", taken, face.size**2 * 3)
    if face.landmarks:
        _check_model(engine, "landmarks", taken, 2 * point_count(face.landmarks.scheme))


def _check_model(engine: Engine, role: str, taken: int, given: int | None) -> int:
    """Raises BundleError when the model has other sizes; returns how many values it gives."""
    model = engine.model(role)
    takes, gives = math.prod(model.input_shape), math.prod(model.output_shape)
    if takes != taken or given not in (None, gives):
        raise BundleError(
            f"The bundle's {role} takes {takes} values and gives {gives}; "
            f"{taken} and {given or 'any number'} are wanted. Convert the model again."
        )
    return gives


def _axes(shape: tuple[int, ...]) -> list[int]:
    return [length for length in shape if length != 1]
