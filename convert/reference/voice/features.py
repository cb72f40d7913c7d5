"""The front end of the reference voice model for batches, in torch.

Agrees with `edge.voice.front_ends.LogMel`, which is what the board runs.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from edge.voice.front_ends import LogMel

WINDOW = 16000
"""samples: one second at 16 kHz"""
HOP = 8000
"""samples between windows on the board"""


class Features(nn.Module):
    """Windows, `(…, 16000)`, to log-mel features, `(…, 98, 64)`, each window for itself."""

    def __init__(self, front_end: LogMel | None = None) -> None:
        super().__init__()
        self.filters: Tensor
        self.hann: Tensor
        self.front_end = front_end or LogMel()
        self.register_buffer("filters", torch.from_numpy(self.front_end.filters))
        self.register_buffer("hann", torch.hann_window(self.front_end.frame_length))

    def forward(self, windows: Tensor) -> Tensor:
        end = self.front_end
        level = windows.square().mean(dim=-1, keepdim=True).sqrt().clamp(min=1e-6)
        frames = (windows * (end.rms / level)).unfold(-1, end.frame_length, end.frame_step)
        spectrum = torch.fft.rfft(frames * self.hann, end.fft_length)
        power = spectrum.real.square() + spectrum.imag.square()
        logs = torch.log(power @ self.filters + end.floor)
        return (logs - logs.mean(dim=(-2, -1), keepdim=True)) / end.scale


def windows_of(samples: Tensor, hop: int = HOP) -> Tensor:
    """All whole windows of `(…, samples)`: `(…, windows, 16000)`."""
    return samples.unfold(-1, WINDOW, hop)
