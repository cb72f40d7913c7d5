"""An attribute's network as bare weights: dense layers with ReLU between them.

`0.weight`, `0.bias`, `2.weight`, … as PyTorch names the layers of a Sequential, with any prefix
and any numbers, or one `weight` and `bias`.
"""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from convert.checkpoints.checkpoint import Checkpoint
from convert.errors import CheckpointError
from convert.families.family import FaceDecoder, Match, VoiceEncoder
from convert.nets.net import Net
from convert.nets.torch_net import TorchNet
from convert.recipe import AttributeRecipe, FaceRecipe, VoiceRecipe
from edge.errors import UsageError

NAME = "linear-head"
SUMMARY = "an attribute's network: dense layers with ReLU between them"

_NAMED = re.compile(r"(?P<layer>|.*\.)(?:weight|bias)")
_NUMBER = re.compile(r"(\d+)\.$")


def recognise(checkpoint: Checkpoint) -> Match | None:
    """By matrices that fit each other, and nothing else but their biases."""
    layers = _layers(checkpoint)
    if not layers or _misfit(checkpoint, layers):
        return None
    shapes = [checkpoint.tensors[f"{layer}weight"].shape for layer in layers]
    sizes = " → ".join(str(size) for size in (shapes[0][1], *(shape[0] for shape in shapes)))
    return Match("attribute", f"it has nothing but dense layers that fit each other: {sizes}")


def voice(checkpoint: Checkpoint, recipe: VoiceRecipe) -> VoiceEncoder:
    """There is none."""
    raise UsageError(f"{checkpoint.path} has an attribute's dense layers, and no voice encoder.")


def face(checkpoint: Checkpoint, recipe: FaceRecipe) -> FaceDecoder:
    """There is none."""
    raise UsageError(f"{checkpoint.path} has an attribute's dense layers, and no face decoder.")


def attribute(checkpoint: Checkpoint, recipe: AttributeRecipe) -> Net:
    """The dense layers in the order of their numbers."""
    layers = _layers(checkpoint)
    problem = _misfit(checkpoint, layers) if layers else "it has no dense layers"
    if problem:
        raise CheckpointError(
            f"{checkpoint.path} is no network of dense layers: {problem}. `weight` and `bias`, or "
            "`0.weight`, `0.bias`, `2.weight`, … are wanted."
        )
    modules: list[nn.Module] = []
    for layer in layers:
        weights = checkpoint.tensors[f"{layer}weight"]
        bias = checkpoint.tensors.get(f"{layer}bias", np.zeros(len(weights)))
        dense = nn.Linear(weights.shape[1], weights.shape[0])
        dense.weight.data = torch.tensor(weights, dtype=torch.float32)
        dense.bias.data = torch.tensor(bias, dtype=torch.float32)
        modules += [dense, nn.ReLU()]
    inputs = checkpoint.tensors[f"{layers[0]}weight"].shape[1]
    return TorchNet(nn.Sequential(*modules[:-1]), torch.zeros(1, inputs))


def _layers(checkpoint: Checkpoint) -> list[str]:
    """What stands before `weight` of each layer, in the order of the layers' numbers."""
    matches = [_NAMED.fullmatch(name) for name in checkpoint.tensors]
    if checkpoint.kind != "pytorch" or not all(matches):
        return []
    layers = {match["layer"] for match in matches if match}
    weighted = [layer for layer in layers if f"{layer}weight" in checkpoint.tensors]
    return sorted(weighted, key=_number)


def _number(layer: str) -> int:
    """The 2 of `head.2.`; 0 for a layer without number."""
    found = _NUMBER.search(layer)
    return int(found[1]) if found else 0


def _misfit(checkpoint: Checkpoint, layers: list[str]) -> str:
    """What is wrong with the layers, in words; nothing when they fit."""
    expected = {f"{layer}weight" for layer in layers}
    spare = set(checkpoint.tensors) - expected - {f"{layer}bias" for layer in layers}
    if spare:
        return f"{', '.join(sorted(spare))} belongs to none"
    for layer in layers:
        weights = checkpoint.tensors[f"{layer}weight"]
        bias = checkpoint.tensors.get(f"{layer}bias")
        if weights.ndim != 2 or (bias is not None and bias.shape != weights.shape[:1]):
            return f"{layer}weight is {weights.shape}"
    for one, other in pairwise(layers):
        gives = checkpoint.tensors[f"{one}weight"].shape[0]
        takes = checkpoint.tensors[f"{other}weight"].shape[1]
        if gives != takes:
            return f"{one}weight gives {gives} values, {other}weight takes {takes}"
    return ""
