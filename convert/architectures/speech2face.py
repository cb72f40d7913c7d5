"""The voice encoder of Speech2Face (Oh et al. 2019, table 1), cut for streaming.

Nine 4×4 convolutions without padding, each followed by ReLU and BatchNorm, and pools along time;
the last one has no activation before the average over time; then ReLU, BatchNorm and two dense
layers. The trunk of a stream is everything up to that average over the positions in one window,
and the head is what follows. Since the average comes before ReLU, the mean over windows of the
trunk's vectors is the paper's average over the whole clip, exactly, as long as windows lie on the
grid of the encoder's stride.

Time is the map's height here, frequency its width.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from convert.architectures.folding import ToVector, fold, with_weights

KERNEL = 4
STRIDES = (1, 1, 1, 1, 1, 1, 1, 2, 2)
"""of the convolutions, along time and frequency"""
POOLED = (2, 3, 4, 5)
"""places of the convolutions that a max-pool by two along time follows"""
RECEPTIVE_FIELD, STRIDE = 259, 64
"""frames that one position of the last map sees, and from one to the next"""
CHANNELS = 2


@dataclass(frozen=True)
class Sizes:
    """Widths of the encoder. The published ones are the defaults; tests use narrow ones."""

    channels: tuple[int, ...] = (64, 64, 128, 128, 128, 256, 512, 512, 512)
    """of the nine convolutions"""
    bins: int = 257
    feature: int = 4096

    @property
    def rows(self) -> int:
        """Frequencies of the last map."""
        rows = self.bins
        for stride in STRIDES:
            rows = (rows - KERNEL) // stride + 1
        return rows

    @property
    def inputs(self) -> tuple[int, ...]:
        """Channels that each convolution takes."""
        return (CHANNELS, *self.channels[:-1])


class Speech2Face(nn.Module):
    """The whole encoder, with PyTorch's own names for its layers: conv1 … bn9, fc1, fc2.

    `(n, 2, frames, bins)` → `(n, feature)`, from RECEPTIVE_FIELD frames up.
    """

    def __init__(
        self,
        sizes: Sizes,
        *,
        last_relu: bool = False,
        epsilon: float = 1e-5,
        frequency_first: bool = False,
    ) -> None:
        """`last_relu`: after the second dense layer; `epsilon`: of BatchNorm;
        `frequency_first`: the first dense layer takes the map frequency by frequency, as Keras
        flattens it, and not channel by channel."""
        super().__init__()
        self.sizes, self.last_relu, self.frequency_first = sizes, last_relu, frequency_first
        layers = zip(sizes.inputs, sizes.channels, STRIDES, strict=True)
        for number, (inputs, outputs, stride) in enumerate(layers, 1):
            self.add_module(f"conv{number}", nn.Conv2d(inputs, outputs, KERNEL, stride))
            self.add_module(f"bn{number}", nn.BatchNorm2d(outputs, epsilon))
        flat = sizes.channels[-1] * sizes.rows
        self.fc1 = nn.Linear(flat, sizes.feature)
        self.fc2 = nn.Linear(sizes.feature, sizes.feature)
        self.eval()

    def layers(self) -> Iterator[nn.Module]:
        """The convolutional part up to the average over time, layer by layer."""
        for place in range(len(STRIDES)):
            yield self.get_submodule(f"conv{place + 1}")
            if place + 1 < len(STRIDES):
                yield nn.ReLU()
                yield self.get_submodule(f"bn{place + 1}")
            if place in POOLED:
                yield nn.MaxPool2d((2, 1))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers():
            x = layer(x)
        x = self.get_submodule(f"bn{len(STRIDES)}")(functional.relu(x.mean(2, keepdim=True)))
        x = x.permute(0, 2, 3, 1) if self.frequency_first else x
        x = self.fc2(functional.relu(self.fc1(x.flatten(1))))
        return functional.relu(x) if self.last_relu else x


def frames(positions: int) -> int:
    """Frames of a window with so many positions of the last map."""
    return RECEPTIVE_FIELD + STRIDE * (positions - 1)


def trunk(encoder: Speech2Face, positions: int) -> nn.Sequential:
    """`(n, 2, frames(positions), bins)` → `(n, rows · channels)`, frequency before channel."""
    return fold(nn.Sequential(*encoder.layers(), nn.AvgPool2d((positions, 1)), ToVector()))


@torch.no_grad()
def head(encoder: Speech2Face) -> nn.Sequential:
    """The mean of the trunk's vectors → `(n, feature)`."""
    norm, rows = encoder.get_submodule(f"bn{len(STRIDES)}"), encoder.sizes.rows
    assert isinstance(norm, nn.BatchNorm2d)
    layers: list[nn.Module] = [nn.ReLU(), _tiled(norm, rows), _in_trunk_order(encoder), nn.ReLU()]
    layers += [encoder.fc2, nn.ReLU()] if encoder.last_relu else [encoder.fc2]
    return fold(nn.Sequential(*layers))


def _tiled(norm: nn.BatchNorm2d, rows: int) -> nn.BatchNorm1d:
    """BatchNorm of a map's channels as one of the values of the map as a vector."""
    tiled = nn.BatchNorm1d(norm.num_features * rows, norm.eps, device="meta")
    state = {
        name: values.repeat(rows) if values.ndim else values
        for name, values in norm.state_dict().items()
    }
    tiled.load_state_dict(state, assign=True)
    return tiled.eval()


def _in_trunk_order(encoder: Speech2Face) -> nn.Linear:
    """The first dense layer, taking what the trunk gives: frequency before channel."""
    layer = encoder.fc1
    if encoder.frequency_first:
        return layer
    by_channel = layer.weight.view(layer.out_features, -1, encoder.sizes.rows)
    ordered = with_weights(layer, by_channel.transpose(1, 2).flatten(1), layer.bias)
    assert isinstance(ordered, nn.Linear)
    return ordered
