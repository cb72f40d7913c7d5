"""A voice encoder that is one graph: its windows have the size that the graph takes."""

from __future__ import annotations

import numpy as np

from convert.errors import CheckpointError
from convert.families.family import FrontEndChoice, VoiceEncoder
from convert.families.windows import refuse_unused
from convert.nets.net import Floats, Net
from convert.recipe import VoiceRecipe
from edge.errors import UsageError
from edge.voice.front_ends import FRONT_ENDS, FrontEnd, front_end

TRIED = 32
"""frames that show how many bins a front end gives"""
RATE = 16000
"""Hz"""


def whole_graph(
    family: str, net: Net, recipe: VoiceRecipe, path: str, *, turned: bool = False
) -> VoiceEncoder:
    """The encoder whose trunk is the whole graph; the windows' vectors are averaged.

    `turned`: `net` takes the last two axes the other way round than the graph declares them.
    Which axis has the frames follows from the front end's bins; `bins_first` decides where there
    are as many frames as bins. Raises UsageError without a front end, CheckpointError where the
    graph does not fit it.
    """
    refuse_unused(family, strides=recipe.strides, window_s=recipe.window_s)
    if not recipe.front_end:
        raise UsageError(
            f"{path} does not say which features it was trained on. Set `front_end` in [voice] of "
            f"the recipe. Known: {', '.join(sorted(FRONT_ENDS))}."
        )
    maker = front_end(recipe.front_end, dict(recipe.front_end_parameters))
    frames, bins_first = _axes(net.input_shape, maker, recipe, turned, path)
    step = _step(recipe, maker, frames)
    return VoiceEncoder(
        front_end=FrontEndChoice(recipe.front_end, recipe.front_end_parameters, bins_first),
        trunk=net,
        head=None,
        frames=frames,
        step_frames=step,
        # what a graph sees of its window cannot be told from outside: all of it
        receptive_field_frames=frames,
        stride_frames=step,
        published=lambda features: _published(net, features),
    )


def _published(net: Net, features: Floats) -> Floats:
    return net(np.ascontiguousarray(features).reshape(net.input_shape)).reshape(-1)


def _axes(
    shape: tuple[int, ...], maker: FrontEnd, recipe: VoiceRecipe, turned: bool, path: str
) -> tuple[int, bool]:
    """Frames of a window, and whether `net` takes (bins, frames)."""
    _, bins, *channels = maker(np.zeros(maker.samples(TRIED), np.float32)).shape
    sizes = [size for size in shape[1:] if size != 1]
    given = f"the front end {recipe.front_end} gives {bins} bins" + (
        f" and {channels[0]} channels" if channels else ""
    )
    if channels and sizes[-1:] == channels:
        sizes = sizes[:-1]
    elif channels:
        sizes = []
    if len(sizes) != 2 or bins not in sizes:
        raise CheckpointError(
            f"{path} takes {shape[1:]} in TFLite's layout, and {given}. Name the front end that "
            "it was trained on, with its `front_end_parameters`."
        )
    first, second = sizes
    if first == second:
        return first, recipe.bins_first != turned
    bins_first = first == bins
    if recipe.bins_first and bins_first == turned:
        raise UsageError(f"{path} takes frames before bins: {given}. Leave `bins_first` out.")
    return (second if bins_first else first), bins_first


def _step(recipe: VoiceRecipe, maker: FrontEnd, frames: int) -> int:
    """Frames from window to window: half a window where the recipe says nothing."""
    if not recipe.step_s:
        return max(1, frames // 2)
    hop = maker.samples(frames + 1) - maker.samples(frames)
    step = round(recipe.step_s * RATE / hop)
    if not 1 <= step <= frames:
        raise UsageError(
            f"Windows of {frames} frames every {recipe.step_s} s leave out speech. Set [voice] "
            f"step_s to at most {frames * hop / RATE:g}."
        )
    return step
