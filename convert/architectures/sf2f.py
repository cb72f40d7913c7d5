"""Bai et al. 2022, "Speech Fusion to Face": the published networks, with the names of their
weights. `convert.architectures.sf2f_board` computes the same as boards like it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from convert.architectures.wen_2019 import VoiceEmbedding

BINS, DIMENSIONS = 40, 512
SIDE = 4
"""pixels of the decoder's first map"""
KERNELS = {2: 1, 3: 1, 5: 2, 7: 3}
"""kernels of an inception block, and the zeros before and after each, in the order of channels"""
_WIDTHS = (256, 384, 576, 864)
_MAPS = (512, 256, 128, 64, 32, 16)


class Branch(nn.Module):
    """Convolution, BatchNorm, ReLU over time."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv1d(inputs, outputs, kernel, 2, KERNELS[kernel], bias=False),
            nn.BatchNorm1d(outputs),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class Inception(nn.Module):
    """Branches of several kernels beside each other: (n, inputs, frames) to half the frames."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        for kernel in KERNELS:
            setattr(self, f"conv_k{kernel}", Branch(inputs, outputs // len(KERNELS), kernel))

    @property
    def branches(self) -> list[Branch]:
        """In the order of the kernels."""
        return [getattr(self, f"conv_k{kernel}") for kernel in KERNELS]

    def forward(self, x: Tensor) -> Tensor:
        maps = [branch(x) for branch in self.branches]
        # the kernel of 2 gives a frame more when the number of frames is even
        frames = min(each.shape[2] for each in maps)
        return torch.cat([each[:, :, :frames] for each in maps], 1)


class Attention(nn.Module):
    """The windows' vectors (windows, n) attend to each other, and are averaged: (n,)."""

    def __init__(self) -> None:
        super().__init__()
        self.linear_in = nn.Linear(DIMENSIONS, DIMENSIONS, bias=False)
        self.linear_out = nn.Linear(2 * DIMENSIONS, DIMENSIONS, bias=False)

    def forward(self, vectors: Tensor) -> Tensor:
        queries = self.linear_in(vectors)
        mixed = functional.softmax(queries @ vectors.T, 1) @ vectors
        return self.linear_out(torch.cat([mixed, queries], 1)).mean(0)


class Fuser(nn.Module):
    """The published name of the attention."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = Attention()


class Encoder(nn.Module):
    """Windows of one speaker (windows, 40, frames) to the face feature (512,)."""

    def __init__(self, inception: bool, fuser: bool) -> None:
        super().__init__()
        if inception:
            widths = zip((BINS, *_WIDTHS), _WIDTHS, strict=False)
            blocks = [Inception(inputs, outputs) for inputs, outputs in widths]
            self.model = nn.Sequential(*blocks, nn.Conv1d(_WIDTHS[-1], DIMENSIONS, 3, 2, 1))
        else:
            self.model = VoiceEmbedding(BINS, DIMENSIONS).model
        self.attn_fuser = Fuser() if fuser else None

    def forward(self, windows: Tensor) -> Tensor:
        vectors = functional.normalize(self.model(windows).mean(2))
        if self.attn_fuser is None:
            return vectors.mean(0)
        return functional.normalize(self.attn_fuser.attention(vectors), dim=0)


def up_block(inputs: int, outputs: int) -> nn.Sequential:
    """Twice the size, convolution, BatchNorm, gate (Dauphin et al. 2017)."""
    return nn.Sequential(
        nn.Upsample(scale_factor=2.0, mode="nearest"),
        nn.Conv2d(inputs, 2 * outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(2 * outputs),
        nn.GLU(1),
    )


def colours(channels: int) -> nn.Sequential:
    """Feature map to a picture."""
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, padding=1), nn.LeakyReLU(), nn.Conv2d(channels, 3, 1)
    )


class Decoder(nn.Module):
    """Face features (n, 512) to pictures (n, 3, 64, 64), normalised as the training's were."""

    def __init__(self) -> None:
        super().__init__()
        values = DIMENSIONS * SIDE**2
        self.fc = nn.Sequential(
            nn.Linear(DIMENSIONS, 2 * values, bias=False), nn.BatchNorm1d(2 * values), nn.GLU(1)
        )
        self.up_layers = nn.Sequential(*map(up_block, _MAPS[:4], _MAPS[1:5]))
        self.gnet = colours(_MAPS[4])

    def blocks(self, size: int) -> tuple[list[nn.Module], nn.Sequential]:
        """What makes a picture of `size` pixels: blocks, and the layers to colours."""
        return list(self.up_layers), self.gnet

    def forward(self, x: Tensor, size: int = 64) -> Tensor:
        grid = self.fc(x).view(-1, DIMENSIONS, SIDE, SIDE)
        blocks, to_colours = self.blocks(size)
        for block in blocks:
            grid = block(grid)
        return to_colours(grid)


class TwoSizes(Decoder):
    """The decoder with pictures of 64 and of 128 pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.up_low_layers, self.gnet_low = self.up_layers, self.gnet
        del self.up_layers, self.gnet
        self.up_mid_layer = up_block(_MAPS[4], _MAPS[5])
        self.gnet_mid = colours(_MAPS[5])

    def blocks(self, size: int) -> tuple[list[nn.Module], nn.Sequential]:
        low = list(self.up_low_layers)
        return (low, self.gnet_low) if size == 64 else ([*low, self.up_mid_layer], self.gnet_mid)
