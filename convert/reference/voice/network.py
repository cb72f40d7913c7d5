"""The reference voice network: a depthwise-separable trunk and a small head.

The trunk sees one window of one second; what it says of several windows is averaged; the head
reads the average. So the board keeps a running mean and nothing else. Blocks as in MobileNet
(Howard et al. 2017) with residual connections where the shape allows.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from convert.reference.voice.labels import AGE_BINS, GENDERS

FRAMES, BANDS = 98, 64
POOLED, EMBEDDING = 512, 256


class Depthwise(nn.Conv2d):
    """A 3×3 convolution of each channel for itself, `stride` in both directions."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__(channels, channels, 3, stride, 1, groups=channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if x.dtype == torch.bfloat16 and x.device.type == "cpu" and self.stride != (1, 1):
            # The gradient of a strided depthwise convolution in bfloat16 takes the CPU five
            # times as long as in float32.
            with torch.autocast("cpu", enabled=False):
                return super().forward(x.float()).bfloat16()
        return super().forward(x)


class Separable(nn.Module):
    """A depthwise 3×3 convolution and a pointwise one, each with batch normalisation.

    A stride across bands alone sits in the pointwise convolution: TensorFlow Lite's depthwise
    convolution strides by the same step in both directions.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1, band_stride: int = 1) -> None:
        super().__init__()
        self.depthwise = Depthwise(inputs, stride)
        self.depthwise_norm = nn.BatchNorm2d(inputs)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, (1, band_stride), bias=False)
        self.pointwise_norm = nn.BatchNorm2d(outputs)
        self.residual = inputs == outputs and stride == band_stride == 1

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.depthwise_norm(self.depthwise(x)))
        y = self.pointwise_norm(self.pointwise(y))
        return functional.relu(y + x if self.residual else y)


class Trunk(nn.Module):
    """One window to one vector: `(batch, 1, 98, 64)` to `(batch, 512)`, not negative."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 32, 3, 2, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(32)
        self.blocks = nn.Sequential(
            Separable(32, 64),
            Separable(64, 128, stride=2),
            Separable(128, 128),
            Separable(128, 256, stride=2),
            Separable(256, 256),
            Separable(256, 256),
            Separable(256, 512, band_stride=2),
            Separable(512, 512),
        )
        self.across_bands = nn.Conv2d(512, POOLED, (1, 4), groups=512, bias=False)
        self.across_norm = nn.BatchNorm2d(POOLED)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.first_norm(self.first(x)))
        x = functional.relu(self.across_norm(self.across_bands(self.blocks(x))))
        return x.mean(dim=(2, 3))


class Reading(NamedTuple):
    """What the head says."""

    embedding: Tensor
    """`(batch, 256)`"""
    gender: Tensor
    """`(batch, 3)` logits: female, male, child"""
    age: Tensor
    """`(batch, 34)` logits over bins of 2.5 years from 5"""


class Head(nn.Module):
    """The mean of the trunk's vectors, `(batch, 512)`, to a Reading."""

    def __init__(self, dropout: float = 0.2) -> None:
        super().__init__()
        self.embed = nn.Linear(POOLED, EMBEDDING)
        self.gender = nn.Linear(EMBEDDING, len(GENDERS))
        self.age = nn.Linear(EMBEDDING, AGE_BINS)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Reading:
        embedding = self.embed(self.dropout(x))
        y = self.dropout(functional.relu(embedding))
        return Reading(embedding, self.gender(y), self.age(y))


class VoiceNetwork(nn.Module):
    """Trunk, mean over windows, head: `(batch, windows, 98, 64)` to a Reading."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.head = Head()

    def forward(self, windows: Tensor) -> Reading:
        batch, count = windows.shape[:2]
        vectors = self.trunk(windows.reshape(batch * count, 1, FRAMES, BANDS))
        reading: Reading = self.head(vectors.reshape(batch, count, POOLED).mean(dim=1))
        return reading

    def parts(self) -> dict[str, nn.Module]:
        """The networks that a bundle holds, each to be exported for itself.

        trunk: `(1, 1, 98, 64)` → `(1, 512)`; head: the mean of such vectors → embedding
        `(1, 256)`; gender and age: the embedding → their logits.
        """
        return {
            "trunk": self.trunk,
            "head": self.head.embed,
            "gender": nn.Sequential(nn.ReLU(), self.head.gender),
            "age": nn.Sequential(nn.ReLU(), self.head.age),
        }


def from_checkpoint(path: Path) -> VoiceNetwork:
    """The averaged network of a checkpoint that `train` wrote, ready to evaluate, on the CPU."""
    checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    network = VoiceNetwork()
    network.load_state_dict(checkpoint["average"])
    return network.eval()
