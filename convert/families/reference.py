"""The networks that were trained for this project: `convert.reference`."""

from __future__ import annotations

import torch

from convert.checkpoints.checkpoint import Checkpoint
from convert.checkpoints.fill import fill
from convert.errors import CheckpointError
from convert.families.family import FaceDecoder, FrontEndChoice, Match, VoiceEncoder
from convert.nets.net import Floats, Net
from convert.nets.torch_net import TorchNet
from convert.recipe import AttributeRecipe, FaceRecipe, VoiceRecipe
from convert.reference.face.network import FaceDecoder as FaceNetwork
from convert.reference.face.parameters import NAMES as PARAMETERS
from convert.reference.voice.features import WINDOW
from convert.reference.voice.network import BANDS, EMBEDDING, FRAMES, POOLED, VoiceNetwork

NAME = "reference"
SUMMARY = "the small networks of the reference bundle: voice, gender, age, face"

STEP_FRAMES = 50


def recognise(checkpoint: Checkpoint) -> Match | None:
    """The voice by its across-band convolution, the face by its early heads."""
    if checkpoint.kind != "pytorch":
        return None
    if "trunk.across_bands.weight" in checkpoint.tensors:
        return Match("voice", "it has trunk.across_bands.weight and head.embed.weight")
    if "early.32.weight" in checkpoint.tensors and "picture.weight" in checkpoint.tensors:
        return Match("face", "it has picture.weight and the early heads of the training")
    return None


def voice(checkpoint: Checkpoint, recipe: VoiceRecipe) -> VoiceEncoder:
    """Trunk and embedding of the voice network."""
    network = _voice(checkpoint)
    parts = network.parts()

    def published(features: Floats) -> Floats:
        with torch.no_grad():
            windows = torch.from_numpy(features)[None, None]
            return network(windows).embedding[0].numpy()

    return VoiceEncoder(
        front_end=FrontEndChoice("reference-logmel64"),
        trunk=TorchNet(parts["trunk"], torch.zeros(1, 1, FRAMES, BANDS)),
        head=TorchNet(parts["head"], torch.zeros(1, POOLED)),
        frames=FRAMES,
        step_frames=STEP_FRAMES,
        receptive_field_frames=FRAMES,
        stride_frames=STEP_FRAMES,
        window_samples=WINDOW,
        published=published,
    )


def face(checkpoint: Checkpoint, recipe: FaceRecipe) -> FaceDecoder:
    """The decoder of named parameters."""
    decoder = FaceNetwork()
    fill(decoder, checkpoint.tensors, str(checkpoint.path))
    return FaceDecoder(picture=TorchNet(decoder, torch.zeros(1, len(PARAMETERS))))


def attribute(checkpoint: Checkpoint, recipe: AttributeRecipe) -> Net:
    """The head called like the attribute: gender or age."""
    parts = _voice(checkpoint).parts()
    if recipe.name not in parts or recipe.name in ("trunk", "head"):
        raise CheckpointError(
            f"{checkpoint.path} has no head for {recipe.name}. It has gender and age."
        )
    return TorchNet(parts[recipe.name], torch.zeros(1, EMBEDDING))


def _voice(checkpoint: Checkpoint) -> VoiceNetwork:
    network = VoiceNetwork()
    fill(network, checkpoint.tensors, str(checkpoint.path))
    return network.eval()
