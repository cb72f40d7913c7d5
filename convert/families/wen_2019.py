"""Wen, Raj, Singh 2019: voice embedding and face generator, a file each.

The published program repeats a short clip to 1000 frames, averages over all of it, and scales the
embedding to length 1. A board averages over windows instead, and so over the same time.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch.nn import functional

from convert.architectures.picture_values import picture_values
from convert.architectures.wen_2019 import (
    BINS,
    DIMENSIONS,
    SIZE,
    Generator,
    Picture,
    VoiceEmbedding,
    trunk,
)
from convert.checkpoints.checkpoint import Checkpoint
from convert.checkpoints.differences import Shapes
from convert.checkpoints.fill import filled, shapes
from convert.families.family import FaceDecoder, FrontEndChoice, Match, VoiceEncoder
from convert.families.windows import Windows, frames, refuse_unused, windows
from convert.nets.net import Floats, Net
from convert.nets.torch_net import TorchNet
from convert.recipe import AttributeRecipe, FaceRecipe, VoiceRecipe
from edge.errors import UsageError

NAME = "wen-2019"
SUMMARY = "Wen, Raj, Singh 2019: voice embedding on 64 log-mel bins, GAN generator of 64 pixels"

WINDOWS = Windows(length=frames(3.2), step=160)
"""3.2 s every 1.6 s; trained on 3 to 8 s"""


def recognise(checkpoint: Checkpoint) -> Match | None:
    """By the first and the last convolution."""
    found = {name: array.shape for name, array in checkpoint.tensors.items()}
    first = found.get("model.0.weight")
    if first == (256, BINS, 3) and found.get("model.12.weight") == (DIMENSIONS, 864, 3):
        return Match("voice", f"model.0.weight is {first}, model.12.weight (64, 864, 3)")
    if first == (DIMENSIONS, 1024, 4, 4) and found.get("model.10.weight") == (64, 3, 1, 1):
        return Match("face", f"model.0.weight is {first}, model.10.weight (64, 3, 1, 1)")
    return None


def layouts() -> Mapping[str, Shapes]:
    """Names and shapes of the published weights."""
    return {"voice embedding": shapes(VoiceEmbedding), "generator": shapes(Generator)}


def voice(checkpoint: Checkpoint, recipe: VoiceRecipe) -> VoiceEncoder:
    """The voice embedding, cut into windows whose vectors are averaged."""
    refuse_unused(NAME, strides=recipe.strides, bins_first=recipe.bins_first)
    network = filled(VoiceEmbedding, checkpoint.tensors, str(checkpoint.path))
    cut = windows(recipe, WINDOWS)

    def published(features: Floats) -> Floats:
        with torch.no_grad():
            embedding = network(torch.from_numpy(features).T[None])
            return functional.normalize(embedding)[0].numpy()

    return VoiceEncoder(
        front_end=FrontEndChoice(recipe.front_end or "wen-logmel64", recipe.front_end_parameters),
        trunk=TorchNet(trunk(network.model), torch.zeros(1, BINS, 1, cut.length)),
        head=None,
        frames=cut.length,
        step_frames=cut.step,
        # every frame of a window counts, and the padding at its ends does too
        receptive_field_frames=cut.length,
        stride_frames=cut.step,
        published=published,
        unit_feature=True,
    )


def face(checkpoint: Checkpoint, recipe: FaceRecipe) -> FaceDecoder:
    """The generator."""
    refuse_unused(NAME, landmarks=recipe.landmarks, mean_landmarks=recipe.mean_landmarks)
    if recipe.size not in (0, SIZE):
        raise UsageError(f"{NAME} makes pictures of {SIZE} pixels. Leave `size` out.")
    values = picture_values(recipe.picture, "-1..1")
    generator = filled(Generator, checkpoint.tensors, str(checkpoint.path))

    def published(feature: Floats) -> tuple[Floats, None]:
        with torch.no_grad():
            picture = values(generator(torch.from_numpy(feature).view(1, -1, 1, 1)))
            return picture[0].permute(1, 2, 0).numpy(), None

    return FaceDecoder(
        picture=TorchNet(Picture(generator, values), torch.zeros(1, DIMENSIONS)),
        published=published,
    )


def attribute(checkpoint: Checkpoint, recipe: AttributeRecipe) -> Net:
    """There is none."""
    raise UsageError(f"{NAME} has no attributes. Leave the checkpoint of {recipe.name} out.")
