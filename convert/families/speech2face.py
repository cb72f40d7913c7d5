"""What the families of Speech2Face's voice encoder share: how it is cut into windows."""

from __future__ import annotations

from collections.abc import Callable

import torch

from convert.architectures.speech2face import (
    CHANNELS,
    RECEPTIVE_FIELD,
    STRIDE,
    Speech2Face,
    frames,
    head,
    trunk,
)
from convert.families.family import FrontEndChoice, VoiceEncoder
from convert.families.windows import refuse_unused
from convert.nets.net import Floats
from convert.nets.torch_net import TorchNet
from convert.recipe import VoiceRecipe
from edge.errors import UsageError

POSITIONS = 2
"""of the last map in a window: 323 frames, every 1.28 s"""
STREAM_POSITIONS = 1
"""of one run of a trunk that keeps its state: 64 frames, every 0.64 s"""
MOST_POSITIONS = 26
"""a window of the 20 s that a bundle may ask for"""


def cut(
    network: Speech2Face,
    family: str,
    recipe: VoiceRecipe,
    default_front_end: str,
    published: Callable[[Floats], Floats],
    *,
    stream: bool,
) -> VoiceEncoder:
    """Trunk and head of `network`; `stream`: where the recipe does not say. Raises UsageError for
    settings that it has no use for."""
    refuse_unused(
        family, bins_first=recipe.bins_first, window_s=recipe.window_s, step_s=recipe.step_s
    )
    streams = stream if recipe.stream is None else recipe.stream
    positions = recipe.strides or (STREAM_POSITIONS if streams else POSITIONS)
    if positions > MOST_POSITIONS:
        raise UsageError(
            f"Windows of {positions} strides are longer than 20 s. Set [voice] strides to "
            f"{MOST_POSITIONS} or less."
        )
    sizes = network.sizes
    window = torch.zeros(1, CHANNELS, frames(positions), sizes.bins)
    return VoiceEncoder(
        front_end=FrontEndChoice(
            recipe.front_end or default_front_end, recipe.front_end_parameters
        ),
        trunk=TorchNet(trunk(network, positions), window),
        head=TorchNet(head(network), torch.zeros(1, sizes.channels[-1] * sizes.rows)),
        frames=frames(positions),
        step_frames=STRIDE * positions,
        receptive_field_frames=RECEPTIVE_FIELD,
        stride_frames=STRIDE,
        published=published,
        stream=stream,
    )
