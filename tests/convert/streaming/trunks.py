"""Trunks of every kind that is streamed, narrow and with random weights, as `.tflite` files."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from convert.architectures import sf2f, sf2f_board, speech2face, wen_2019
from convert.nets.torch_net import TorchNet
from convert.quantization.quantize import quantize, to_float

LONG = 251
"""frames: in its usual 125 no position of the last map is out of reach of the padding"""
NARROW = speech2face.Sizes((8, 8, 16, 16, 16, 16, 24, 24, 24), bins=129, feature=32)


@dataclass(frozen=True)
class Trunk:
    """The same trunk in float and in int8."""

    axis: int
    """time's in its maps"""
    in_float: bytes
    cpu: bytes
    coral: bytes


def convert(net: TorchNet, axis: int) -> Trunk:
    examples = np.random.default_rng(0).normal(size=(6, *net.input_shape[1:])).astype(np.float32)
    with tempfile.TemporaryDirectory(prefix="s2f-stream-") as scratch:
        folder = Path(scratch) / "saved"
        net.save(folder, "cpu")
        return Trunk(
            axis,
            to_float(folder),
            quantize(folder, examples, target="cpu"),
            quantize(folder, examples, target="coral"),
        )


def paper(positions: int) -> Trunk:
    encoder = _random(speech2face.Speech2Face(NARROW))
    window = torch.zeros(1, 2, speech2face.frames(positions), NARROW.bins)
    return convert(TorchNet(speech2face.trunk(encoder, positions), window), axis=1)


def wen() -> Trunk:
    network = _random(wen_2019.VoiceEmbedding())
    return convert(TorchNet(wen_2019.trunk(network.model), torch.zeros(1, 64, 1, 319)), axis=2)


def inception() -> Trunk:
    encoder = _random(sf2f.Encoder(inception=True, fuser=False))
    window = torch.zeros(1, sf2f.BINS, 1, LONG)
    return convert(TorchNet(sf2f_board.trunk(encoder), window), axis=2)


def _random(module: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(layer.running_mean, 0, 0.1)
            nn.init.uniform_(layer.running_var, 0.5, 1.5)
            nn.init.uniform_(layer.weight, 0.5, 1.5)
    return module.eval()
