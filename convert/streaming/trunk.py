"""A converted trunk → the same trunk for windows and for a stream, proven equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from convert.conversion import Converted
from convert.errors import ConvertError
from convert.families.family import VoiceEncoder
from convert.gate.edgetpu import compile_for_edgetpu
from convert.gate.op_gate import require
from convert.golden import golden_sound
from convert.nets.net import Floats, Step
from convert.streaming.float_trunk import FloatTrunk
from convert.streaming.rewrite import Grid, grid, streamed, windowed
from edge.inference.interpreter import LocalGraph
from edge.inference.manifest import Target
from edge.inference.model import Model, StreamModel
from edge.inference.placement import Placement
from edge.inference.tensor import Quantized
from edge.voice.front_ends import FrontEnd
from edge.voice.trunk import StreamTrunk

FLOAT_TOLERANCE = 1e-5
"""of the output's largest magnitude"""
MOST_STEPS = 2
"""of the output's int8 scale"""
RUNS = 4
"""of the stream after its first window, that are compared"""


@dataclass(frozen=True)
class Streamed:
    """What takes the place of a trunk."""

    voice: VoiceEncoder
    """on windows that lie on the trunk's grid"""
    trunk: Converted
    """on one such window"""
    stream: Converted


def time_axis(voice: VoiceEncoder) -> int:
    """Of the trunk's maps (n, H, W, C): 1 or 2."""
    shape = voice.trunk.input_shape
    lies_along = voice.front_end.bins_first or (len(shape) == 4 and shape[1] == 1)
    return 2 if lies_along else 1


def in_stream(trunk: Converted, voice: VoiceEncoder, front_end: FrontEnd) -> Streamed:
    """Rewrite every file of a converted trunk. Raises ConvertError where that cannot be done, or
    stream and windows are not equal."""
    axis = time_axis(voice)
    found = grid(trunk.in_float, axis)
    positions = max(1, round(voice.step_frames / found.stride))

    def files(rewrite: str) -> dict[Target, bytes]:
        made: dict[bytes, bytes] = {}
        for content in trunk.files.values():
            if content not in made:
                made[content] = (windowed if rewrite == "trunk" else streamed)(
                    content, axis, positions
                )
        return {target: made[content] for target, content in trunk.files.items()}

    windows, stream = files("trunk"), files("stream")
    in_float = windowed(trunk.in_float, axis, positions)
    on = _on_grid(voice, found, positions, in_float)
    whole = streamed(trunk.in_float, axis, positions)
    sound = front_end.samples(on.frames + RUNS * on.step_frames)
    features = front_end(golden_sound(sound))
    steps = [_equal(in_float, whole, features, on, "float")]
    for target, content in _distinct(stream).items():
        steps.append(_equal(windows[target], content, features, on, target))
    return Streamed(
        voice=on,
        trunk=_converted("trunk", windows, in_float, trunk.steps),
        stream=_converted("stream", stream, whole, tuple(steps)),
    )


def _on_grid(voice: VoiceEncoder, found: Grid, positions: int, in_float: bytes) -> VoiceEncoder:
    """The encoder on the windows that the stream stands for."""
    frames = found.frames(positions)
    same = frames == voice.frames and not voice.window_samples
    return replace(
        voice,
        # a trunk whose windows were padded is another function now
        trunk=voice.trunk if same else FloatTrunk(in_float),
        frames=frames,
        step_frames=found.stride * positions,
        window_samples=0,
        receptive_field_frames=found.receptive_field,
        stride_frames=found.stride,
    )


def _converted(
    role: str, files: Mapping[Target, bytes], in_float: bytes, steps: tuple[Step, ...]
) -> Converted:
    for target, content in files.items():
        require(content, role, target)
    compiled = compile_for_edgetpu(files["coral"], role) if "coral" in files else None
    return Converted(role, files, in_float, steps, compiled)


def _distinct(files: Mapping[Target, bytes]) -> dict[Target, bytes]:
    first: dict[bytes, Target] = {}
    for target, content in files.items():
        first.setdefault(content, target)
    return {target: content for content, target in first.items()}


def _equal(window: bytes, stream: bytes, features: Floats, voice: VoiceEncoder, kind: str) -> Step:
    """Runs both over the same features, and compares every window on the grid."""
    axis = 1 if voice.front_end.bins_first else 0
    placement = Placement()
    model = Model(LocalGraph(window, placement, "trunk"), "trunk")
    graph = LocalGraph(stream, placement, "stream")
    trunk = StreamTrunk(StreamModel(graph, "stream"), voice.frames, voice.step_frames, axis)
    numbers = graph.outputs[0].numbers
    largest, apart = 1e-12, 0.0
    for run in range(RUNS + 1):
        end = voice.frames + run * voice.step_frames
        taken = voice.frames if run == 0 else voice.step_frames
        new = np.take(features, range(end - taken, end), axis)
        expected = model(np.take(features, range(end - voice.frames, end), axis)).ravel()
        apart = max(apart, float(np.abs(trunk(new) - expected).max()))
        largest = max(largest, float(np.abs(expected).max()))
    exact = isinstance(numbers, Quantized)
    allowed = MOST_STEPS * numbers.scale if isinstance(numbers, Quantized) else 0.0
    if not apart <= (allowed if exact else FLOAT_TOLERANCE * largest):
        raise ConvertError(
            f"The stream is not the trunk on windows ({kind}): its vectors are up to {apart:.3g} "
            "apart. Leave [voice] stream out of the recipe, and tell us about the checkpoint."
        )
    return Step(f"window → stream, {kind}", apart / largest)
