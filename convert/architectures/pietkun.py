"""The networks of Kacper-Pietkun/Speech-to-face, under their published names.

The voice encoder is the paper's with frequency before time, and ReLU after the last dense layer.
The face decoder is that of Cole et al. 2017: from two shared layers go one branch to 72 landmarks
and one to the texture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise, starmap

import torch
from torch import Tensor, nn

from convert.architectures.folding import fold
from convert.architectures.layers import convolution
from convert.architectures.picture_values import PictureValues
from convert.architectures.speech2face import KERNEL, POOLED, STRIDES, Sizes, Speech2Face

POINTS = 72


class VoiceEncoder(nn.Module):
    """`(n, 2, bins, frames)` → `(n, feature)`, not negative."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        layers = zip(sizes.inputs, sizes.channels, STRIDES, strict=True)
        for place, (inputs, outputs, stride) in enumerate(layers):
            parts: list[nn.Module] = [nn.Conv2d(inputs, outputs, KERNEL, stride)]
            if place + 1 == len(STRIDES):
                parts.append(nn.AdaptiveAvgPool2d((None, 1)))
            parts += [nn.ReLU(), nn.BatchNorm2d(outputs)]
            if place in POOLED:
                parts.append(nn.MaxPool2d((1, 2)))
            self.add_module(f"layer{place + 1}", nn.Sequential(*parts))
        flat = sizes.channels[-1] * sizes.rows
        self.layer10 = nn.Sequential(nn.Flatten(), nn.Linear(flat, sizes.feature), nn.ReLU())
        self.layer11 = nn.Sequential(nn.Linear(sizes.feature, sizes.feature), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.children():
            x = layer(x)
        return x

    def time_first(self) -> Speech2Face:
        """The same network with time before frequency. It shares the weights."""
        with torch.device("meta"):
            network = Speech2Face(self.sizes, last_relu=True)
        for place in range(len(STRIDES)):
            of_layer = list(self.get_submodule(f"layer{place + 1}").children())
            (found,) = (part for part in of_layer if isinstance(part, nn.Conv2d))
            (norm,) = (part for part in of_layer if isinstance(part, nn.BatchNorm2d))
            turned = convolution(found.weight.transpose(2, 3), found.bias, found.stride, (0, 0))  # type: ignore[arg-type]
            network.add_module(f"conv{place + 1}", turned)
            network.add_module(f"bn{place + 1}", norm)
        network.fc1, network.fc2 = self.layer10[1], self.layer11[0]  # type: ignore[assignment]
        return network.eval()


@dataclass(frozen=True)
class DecoderSizes:
    """Widths of the decoder. The published ones are the defaults; tests use narrow ones."""

    feature: int = 4096
    shared: tuple[int, ...] = (3072, 2048)
    landmarks: tuple[int, ...] = (1024, 512, 256)
    texture: tuple[int, ...] = (256, 128, 64, 32, 32)
    """channels of the texture's maps, each twice the size of the one before"""
    start: int = 14
    """pixels of the first map"""

    @property
    def size(self) -> int:
        """Pixels of the texture."""
        return self.start * 2 ** (len(self.texture) - 1)


class FaceDecoder(nn.Module):
    """`(n, feature)` → values of the texture `(n, 3, size, size)`, and landmarks `(n, 2·points)`:
    x, y of each point in pixels."""

    def __init__(self, sizes: DecoderSizes) -> None:
        super().__init__()
        shared = (sizes.feature, *sizes.shared)
        self.pre_layers = nn.ModuleList(starmap(_normalised, pairwise(shared)))
        lines = (shared[-1], *sizes.landmarks)
        self.landmark_layers = nn.ModuleList(starmap(_normalised, pairwise(lines)))
        self.landmark_layers.append(nn.Sequential(nn.Linear(lines[-1], 2 * POINTS)))
        first = sizes.texture[0], sizes.start, sizes.start
        self.texture_layers = nn.ModuleList(
            [nn.Sequential(nn.Linear(shared[-1], math.prod(first)), nn.ReLU())]
        )
        for inputs, outputs in pairwise(sizes.texture):
            unflatten = [nn.Unflatten(1, first)] if len(self.texture_layers) == 1 else []
            doubled = nn.ConvTranspose2d(inputs, outputs, 5, 2, padding=2, output_padding=1)
            self.texture_layers.append(nn.Sequential(*unflatten, doubled, nn.ReLU()))
        self.texture_layers.append(nn.Sequential(nn.Conv2d(sizes.texture[-1], 3, 1)))

    def forward(self, feature: Tensor) -> tuple[Tensor, Tensor]:
        shared = _chain(self.pre_layers)(feature)
        return _chain(self.texture_layers)(shared), _chain(self.landmark_layers)(shared)

    def shared(self) -> nn.Sequential:
        """What comes before the branches, without BatchNorm."""
        return fold(_chain(self.pre_layers))

    def landmarks(self) -> nn.Sequential:
        """The branch to the landmarks, without BatchNorm."""
        return fold(_chain(self.landmark_layers))

    def picture(self, values: PictureValues) -> nn.Sequential:
        """The branch to the texture, as a picture."""
        *layers, last = _chain(self.texture_layers)
        assert isinstance(last, nn.Conv2d)
        return nn.Sequential(*layers, *values.folded(last)).eval()


def _normalised(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.ReLU())


def _chain(layers: nn.ModuleList) -> nn.Sequential:
    return nn.Sequential(*(part for layer in layers for part in layer.children()))
