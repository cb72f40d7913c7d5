"""Rooms, microphones, telephones and noise, so that the network hears the voice through them.

Everything works on batches of crops, `(batch, samples)` float32 at 16 kHz, on any device.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SAMPLE_RATE = 16000
_ROOM = 5600
"""samples of a room's impulse response"""


class Augment:
    """Random distortions, drawn from one seeded generator.

    Shares below are probabilities per crop; the ranges are wide on purpose, because the board may
    stand in a kitchen as well as in an office.
    """

    def __init__(self, generator: torch.Generator) -> None:
        self.generator = generator

    def __call__(self, crops: Tensor) -> Tensor:
        """Distorted copies, `(batch, samples)`, of about RMS 0.08."""
        crops = self._some(crops, 0.35, self.reverberate)
        crops = self.filter(crops)
        crops = 0.08 * crops / _rms(crops)
        crops = self._some(crops, 0.25, self.add_babble)
        crops = self._some(crops, 0.45, self.add_noise)
        return self._some(crops, 0.05, self.clip)

    def reverberate(self, crops: Tensor) -> Tensor:
        """Convolve with exponentially decaying noise: T60 of 0.08–0.7 s, direct sound −3–12 dB."""
        count, length = crops.shape
        t60 = self._uniform(count, 0.08, 0.7)
        time = torch.arange(_ROOM, device=crops.device) / SAMPLE_RATE
        room = self._normal(count, _ROOM) * torch.exp(-6.9 * time / t60)
        room = room / room.norm(dim=1, keepdim=True) * 10 ** (-self._uniform(count, -3, 12) / 20)
        room[:, 0] += 1
        size = _fast_size(length + _ROOM)
        spectrum = torch.fft.rfft(crops, size) * torch.fft.rfft(room, size)
        return torch.fft.irfft(spectrum, size)[:, :length]

    def filter(self, crops: Tensor) -> Tensor:
        """A smooth response of some dB; for some a band limit (telephone, dull microphone)."""
        count, length = crops.shape
        size = _fast_size(length)
        hz = torch.linspace(0, SAMPLE_RATE / 2, size // 2 + 1, device=crops.device)
        knots = self._normal(count, 7) * self._uniform(count, 0.0, 6.0)
        # Knots evenly on a mel-like axis, read at each frequency.
        place = torch.log1p(hz / 700) / torch.log1p(hz[-1] / 700) * 2 - 1
        grid = torch.stack([place, torch.zeros_like(place)], dim=-1)
        curve_db = functional.grid_sample(
            knots[:, None, None, :],
            grid.expand(count, 1, -1, 2),
            mode="bilinear",
            align_corners=True,
        )[:, 0, 0]
        narrow = (self._uniform(count, 0, 1) < 0.15).float()
        dull = (self._uniform(count, 0, 1) < 0.2).float()
        top = SAMPLE_RATE / 2 + narrow * (self._uniform(count, 3300, 4000) - SAMPLE_RATE / 2)
        top = torch.minimum(
            top, SAMPLE_RATE / 2 + dull * (self._uniform(count, 3800, 7500) - SAMPLE_RATE / 2)
        )
        bottom = narrow * self._uniform(count, 100, 320)
        depth_db = self._uniform(count, 25, 60)
        loss_db = depth_db * (torch.sigmoid((hz - top) / 80) + torch.sigmoid((bottom - hz) / 25))
        gain = 10 ** ((curve_db - loss_db) / 20)
        return torch.fft.irfft(torch.fft.rfft(crops, size) * gain, size)[:, :length]

    def add_babble(self, crops: Tensor) -> Tensor:
        """One to three other crops of the batch, shifted, 5–20 dB below."""
        count, length = crops.shape
        babble = torch.zeros_like(crops)
        for voice in range(3):
            others = torch.roll(crops, (self._integer(1, count), self._integer(0, length)), (0, 1))
            talks = self._uniform(count, 0, 1) < (1.0 if voice == 0 else 0.6)
            babble = babble + others * talks
        return _mix(crops, babble, self._uniform(count, 5, 20))

    def add_noise(self, crops: Tensor) -> Tensor:
        """White to brown noise, 5–25 dB below."""
        count, length = crops.shape
        size = _fast_size(length)
        spectrum = torch.fft.rfft(self._normal(count, size))
        line = torch.arange(spectrum.shape[1], device=crops.device).clamp(min=1)
        noise = torch.fft.irfft(spectrum * line ** -self._uniform(count, 0, 1.1), size)[:, :length]
        return _mix(crops, noise, self._uniform(count, 5, 25))

    def clip(self, crops: Tensor) -> Tensor:
        """Overdrive by a loud voice: the peaks are cut off."""
        level = _rms(crops) * self._uniform(len(crops), 1.0, 2.5)
        return torch.minimum(torch.maximum(crops, -level), level)

    def mask(self, features: Tensor) -> Tensor:
        """Blank a band in half of the windows and a moment in 40 % (Park et al. 2019).

        `(batch, windows, frames, bins)`, in the same place for all windows of a crop.
        """
        for axis, longest, share in ((3, 8, 0.5), (2, 13, 0.4)):
            count, size = len(features), features.shape[axis]
            width = self._uniform(count, 1, longest + 1).floor()
            start = (self._uniform(count, 0, 1) * (size - width)).floor()
            place = torch.arange(size, device=features.device)
            hidden = (place >= start) & (place < start + width)
            hidden &= self._uniform(count, 0, 1) < share
            shape = [count, 1, 1, 1]
            shape[axis] = size
            features = features.masked_fill(hidden.reshape(shape), 0.0)
        return features

    def _some(self, crops: Tensor, share: float, distort: object) -> Tensor:
        chosen = self._uniform(len(crops), 0, 1)[:, 0] < share
        if chosen.sum() < 2:
            return crops
        crops = crops.clone()
        crops[chosen] = distort(crops[chosen])  # type: ignore[operator]
        return crops

    def _uniform(self, count: int, low: float, high: float) -> Tensor:
        drawn = torch.rand(count, 1, generator=self.generator, device=self.generator.device)
        return low + (high - low) * drawn

    def _normal(self, count: int, length: int) -> Tensor:
        return torch.randn(count, length, generator=self.generator, device=self.generator.device)

    def _integer(self, low: int, high: int) -> int:
        drawn = torch.randint(
            low, high, (1,), generator=self.generator, device=self.generator.device
        )
        return int(drawn.item())


def _rms(crops: Tensor) -> Tensor:
    return crops.square().mean(dim=1, keepdim=True).sqrt() + 1e-6


def _mix(crops: Tensor, noise: Tensor, below_db: Tensor) -> Tensor:
    return crops + noise / _rms(noise) * _rms(crops) * 10 ** (-below_db / 20)


def _fast_size(length: int) -> int:
    """The next length that a Fourier transform is quick at (a multiple of 4000)."""
    return -(-length // 4000) * 4000
