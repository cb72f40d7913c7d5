"""What the values of a decoder's last layer mean, and how they become RGB 0…1.

A range is a scale and a shift per colour, and goes into the last convolution: it costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from convert.architectures.layers import convolution

_RANGES: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "0..1": ((1.0,) * 3, (0.0,) * 3),
    "-1..1": ((0.5,) * 3, (0.5,) * 3),
    "0..255": ((1 / 255,) * 3, (0.0,) * 3),
    # the standard deviations and means that torchvision normalises with
    "imagenet": ((0.229, 0.224, 0.225), (0.485, 0.456, 0.406)),
    "sigmoid": ((1.0,) * 3, (0.0,) * 3),
}
"""scale and shift of red, green and blue, by the recipe's word"""


@dataclass(frozen=True)
class PictureValues:
    """How a decoder's values become a picture."""

    scale: Tensor
    """`(3,)`"""
    shift: Tensor
    """`(3,)`"""
    sigmoid: bool

    def __call__(self, values: Tensor) -> Tensor:
        """`(n, 3, H, W)` as a decoder gives it, to RGB. What lies outside 0…1 stays there: it is
        cut off where the picture is shown, as in the published programs."""
        scaled = values * self.scale.view(3, 1, 1) + self.shift.view(3, 1, 1)
        return torch.sigmoid(scaled) if self.sigmoid else scaled

    def folded(self, last: nn.Conv2d) -> list[nn.Module]:
        """`last`, a 1×1 convolution to three colours, and this after it."""
        weight = last.weight * self.scale.view(3, 1, 1, 1)
        bias = self.shift if last.bias is None else last.bias * self.scale + self.shift
        folded = convolution(weight, bias, (1, 1), (0, 0))
        return [folded, nn.Sigmoid()] if self.sigmoid else [folded]


def picture_values(word: str, default: str) -> PictureValues:
    """The values that a recipe's `picture` says; an empty word is the family's `default`."""
    scale, shift = _RANGES[word or default]
    return PictureValues(torch.tensor(scale), torch.tensor(shift), (word or default) == "sigmoid")
