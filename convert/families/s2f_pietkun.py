"""Kacper-Pietkun/Speech-to-face: the paper's encoder, and the decoder of Cole et al. 2017.

Two front ends were used: real and imaginary part, and later magnitude and phase. The file does not
say which, and the shapes are the same. The published program makes magnitude and phase now, so
that is the default; a recipe names the other one as `s2f-complex-601`.

The texture is taken for the logits of a sigmoid. Some versions of the program show its values as
they are: for those a recipe says `picture = "0..1"`.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from convert.architectures.picture_values import picture_values
from convert.architectures.pietkun import DecoderSizes
from convert.architectures.pietkun import FaceDecoder as Decoder
from convert.architectures.pietkun import VoiceEncoder as Encoder
from convert.architectures.speech2face import Sizes
from convert.checkpoints.checkpoint import Checkpoint
from convert.checkpoints.differences import Shapes
from convert.checkpoints.fill import filled, shapes
from convert.families.family import FaceDecoder, Match, VoiceEncoder
from convert.families.speech2face import cut
from convert.nets.net import Floats, Net
from convert.nets.torch_net import TorchNet
from convert.recipe import AttributeRecipe, FaceRecipe, VoiceRecipe
from edge.errors import UsageError

NAME = "s2f-pietkun"
SUMMARY = "Speech-to-face by K. Pietkun: the paper's encoder, 72 landmarks and 224 pixels"

FRONT_END = "s2f-magnitude-phase-601"
SIZES, DECODER_SIZES = Sizes(), DecoderSizes()


def recognise(checkpoint: Checkpoint) -> Match | None:
    """By the first layers."""
    found = {name: array.shape for name, array in checkpoint.tensors.items()}
    if found.get("layer1.0.weight") == (64, 2, 4, 4) and "layer10.1.weight" in found:
        return Match("voice", "layer1.0.weight is (64, 2, 4, 4), and there is layer10.1.weight")
    if has_decoder(checkpoint):
        return Match("face", "it has pre_layers, landmark_layers and texture_layers")
    return None


def layouts() -> Mapping[str, Shapes]:
    """Names and shapes of the published weights."""
    return {
        "voice encoder": shapes(lambda: Encoder(SIZES)),
        "face decoder": shapes(lambda: Decoder(DECODER_SIZES)),
    }


def has_decoder(checkpoint: Checkpoint) -> bool:
    """Whether the file has the parts of the face decoder."""
    parts = {name.partition(".")[0] for name in checkpoint.tensors}
    return {"pre_layers", "landmark_layers", "texture_layers"} <= parts


def voice(checkpoint: Checkpoint, recipe: VoiceRecipe, sizes: Sizes = SIZES) -> VoiceEncoder:
    """The voice encoder, cut into trunk and head. `sizes`: those of the file."""
    network = filled(lambda: Encoder(sizes), checkpoint.tensors, str(checkpoint.path))

    def published(features: Floats) -> Floats:
        with torch.no_grad():
            return network(torch.from_numpy(features).permute(2, 1, 0)[None])[0].numpy()

    return cut(network.time_first(), NAME, recipe, FRONT_END, published, stream=False)


def face(
    checkpoint: Checkpoint, recipe: FaceRecipe, sizes: DecoderSizes = DECODER_SIZES
) -> FaceDecoder:
    """The face decoder: shared layers, texture, landmarks. `sizes`: those of the file."""
    if recipe.size not in (0, sizes.size):
        raise UsageError(
            f"The decoder of {NAME} makes pictures of {sizes.size} pixels. Leave `size` out."
        )
    values = picture_values(recipe.picture, "sigmoid")
    decoder = filled(lambda: Decoder(sizes), checkpoint.tensors, str(checkpoint.path))

    def published(feature: Floats) -> tuple[Floats, Floats]:
        with torch.no_grad():
            texture, points = decoder(torch.from_numpy(feature)[None])
            return values(texture)[0].permute(1, 2, 0).numpy(), points.view(-1, 2).numpy()

    vector = torch.zeros(1, sizes.shared[-1])
    return FaceDecoder(
        picture=TorchNet(decoder.picture(values), vector),
        shared=TorchNet(decoder.shared(), torch.zeros(1, sizes.feature)),
        landmarks=TorchNet(decoder.landmarks(), vector),
        scheme=recipe.landmarks or "face-recognition-72",
        published=published,
    )


def attribute(checkpoint: Checkpoint, recipe: AttributeRecipe) -> Net:
    """There is none."""
    raise UsageError(f"{NAME} has no attributes. Leave the checkpoint of {recipe.name} out.")
