"""Bai et al. 2022, "Speech Fusion to Face" (SF2F): encoder and decoder in one file.

The encoder sees windows of 125 frames, one every 63. Their vectors are scaled to length 1, then
fused by attention, or averaged where the training stopped before the fuser. Scaling happens on
the board in float: as an int8 operator it has a fixed step of 1/128, and a unit vector of 512
values is some six steps high.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import product

import torch

from convert.architectures.picture_values import picture_values
from convert.architectures.sf2f import BINS, DIMENSIONS, Decoder, Encoder, TwoSizes
from convert.architectures.sf2f_board import Picture, trunk
from convert.checkpoints.checkpoint import Array, Checkpoint
from convert.checkpoints.differences import Shapes
from convert.checkpoints.fill import filled, select, shapes
from convert.errors import CheckpointError
from convert.families.family import Attention, FaceDecoder, FrontEndChoice, Match, VoiceEncoder
from convert.families.windows import Windows, refuse_unused, windows
from convert.nets.net import Floats, Net
from convert.nets.torch_net import TorchNet
from convert.recipe import AttributeRecipe, FaceRecipe, VoiceRecipe
from edge.errors import UsageError

NAME = "sf2f"
SUMMARY = "Bai et al. 2022 (SF2F): windows of 40 log-mel bins and their fusion, 64 or 128 pixels"

WINDOWS = Windows(length=125, step=63)
MOST_WINDOWS = 20
"""that the fuser was trained on"""

_ENCODER, _DECODER = "encoder.", "decoder."


def recognise(checkpoint: Checkpoint) -> Match | None:
    """By the first layers of encoder and decoder."""
    found = {name: array.shape for name, array in checkpoint.tensors.items()}
    inception = found.get("encoder.model.0.conv_k2.model.0.weight") == (64, BINS, 2)
    encoder = inception or found.get("encoder.model.0.weight") == (256, BINS, 3)
    decoder = any(
        found.get(f"decoder.{layers}.0.1.weight") == (DIMENSIONS, DIMENSIONS, 3, 3)
        for layers in ("up_layers", "up_low_layers")
    )
    size = "64 and 128" if "decoder.gnet_mid.0.weight" in found else "64"
    drawn = f"a gated decoder of {size} pixels (decoder.fc, decoder.up_…)"
    if not encoder:
        return Match("face", f"it has {drawn}") if decoder else None
    kind = "inception blocks (encoder.model.0.conv_k2)" if inception else "plain convolutions"
    fused = "with" if "encoder.attn_fuser.attention.linear_in.weight" in found else "without"
    reason = f"it has an encoder of {kind} on {BINS} bins, {fused} fuser (encoder.attn_fuser)"
    if not decoder:
        return Match("voice", reason)
    return Match("voice", f"{reason}, and {drawn}", also=("face",))


def layouts() -> Mapping[str, Shapes]:
    """Names and shapes of the published weights, whole files."""
    found = {}
    for inception, fuser, decoder in product((True, False), (True, False), (Decoder, TwoSizes)):
        encoder = shapes(partial(Encoder, inception, fuser))
        what = (
            f"{'inception' if inception else 'plain'} encoder {'with' if fuser else 'without'} "
            f"fuser, decoder of {64 if decoder is Decoder else 128} pixels"
        )
        found[what] = {_ENCODER + name: shape for name, shape in encoder.items()} | {
            _DECODER + name: shape for name, shape in shapes(decoder).items()
        }
    return found


def voice(checkpoint: Checkpoint, recipe: VoiceRecipe) -> VoiceEncoder:
    """The encoder for one window, and how its vectors are fused."""
    refuse_unused(NAME, strides=recipe.strides, bins_first=recipe.bins_first)
    tensors = _part(checkpoint, _ENCODER)
    inception = any(".conv_k" in name for name in tensors)
    fuser = any(name.startswith("attn_fuser.") for name in tensors)
    source = f"The encoder in {checkpoint.path}"
    encoder = filled(partial(Encoder, inception, fuser), tensors, source)
    cut = windows(recipe, WINDOWS)

    def published(features: Floats) -> Floats:
        clip = torch.from_numpy(features).T
        starts = range(0, max(clip.shape[1] - cut.length, 0) + 1, cut.step)
        with torch.no_grad():
            segments = torch.stack([clip[:, start : start + cut.length] for start in starts])
            return encoder(segments).numpy()

    return VoiceEncoder(
        front_end=FrontEndChoice(recipe.front_end or "sf2f-logmel40", recipe.front_end_parameters),
        trunk=TorchNet(trunk(encoder), torch.zeros(1, BINS, 1, cut.length)),
        head=None,
        frames=cut.length,
        step_frames=cut.step,
        receptive_field_frames=cut.length,
        stride_frames=cut.step,
        published=published,
        attention=_attention(encoder),
        unit_vectors=not fuser,
        unit_feature=fuser,
    )


def face(checkpoint: Checkpoint, recipe: FaceRecipe) -> FaceDecoder:
    """The decoder at its larger size, or at the recipe's."""
    refuse_unused(NAME, landmarks=recipe.landmarks, mean_landmarks=recipe.mean_landmarks)
    tensors = _part(checkpoint, _DECODER)
    kind = TwoSizes if any(name.startswith("up_low_layers.") for name in tensors) else Decoder
    decoder = filled(kind, tensors, f"The decoder in {checkpoint.path}")
    size = recipe.size or (128 if kind is TwoSizes else 64)
    if size not in ((64, 128) if kind is TwoSizes else (64,)):
        raise UsageError(
            f"The decoder in {checkpoint.path} makes pictures of "
            f"{'64 or 128' if kind is TwoSizes else '64'} pixels, not {size}. Change `size`."
        )
    values = picture_values(recipe.picture, "imagenet")

    def published(feature: Floats) -> tuple[Floats, None]:
        with torch.no_grad():
            picture = values(decoder(torch.from_numpy(feature)[None], size))
            return picture[0].permute(1, 2, 0).numpy(), None

    return FaceDecoder(
        picture=TorchNet(Picture(decoder, size, values), torch.zeros(1, DIMENSIONS)),
        published=published,
    )


def attribute(checkpoint: Checkpoint, recipe: AttributeRecipe) -> Net:
    """There is none."""
    raise UsageError(f"{NAME} has no attributes. Leave the checkpoint of {recipe.name} out.")


def _part(checkpoint: Checkpoint, prefix: str) -> dict[str, Array]:
    """The encoder's or the decoder's weights. Raises CheckpointError for a file of other things."""
    strange = [n for n in checkpoint.tensors if not n.startswith((_ENCODER, _DECODER))]
    if strange:
        raise CheckpointError(
            f"{checkpoint.path} has weights that are neither the encoder's nor the decoder's: "
            f"{', '.join(strange[:5])}{' …' if len(strange) > 5 else ''}."
        )
    return select(checkpoint.tensors, prefix)


def _attention(encoder: Encoder) -> Attention | None:
    if encoder.attn_fuser is None:
        return None
    layers = encoder.attn_fuser.attention
    return Attention(
        inputs=layers.linear_in.weight.numpy(),
        outputs=layers.linear_out.weight.numpy(),
        unit_vectors=True,
        tanh=False,
        most_windows=MOST_WINDOWS,
    )
