"""The face decoder: named parameters in, a picture out.

Dense layers make a 4 x 4 map; four times it is doubled (nearest neighbour) and convolved; the
last convolution writes 2 x 2 pixels at each of 64 x 64 places (depth to space, Shi et al. 2016).
No transposed convolution and no normalisation: every operation has an int8 form that small
accelerators take.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from convert.reference.face.parameters import NAMES
from edge.errors import UsageError

RESOLUTIONS = (32, 64, 128)
_HIDDEN = 256
_CHANNELS = (128, 96, 64, 48, 28)


class FaceDecoder(nn.Module):
    """Parameters (batch, 46) float32 to pictures (batch, 3, 128, 128) float32 in 0..1.

    While it is trained it can stop early, at 32 or 64 pixels, through small heads of their own;
    they are no part of the decoder that is exported.
    """

    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.ModuleList(
            [
                nn.Linear(len(NAMES), _HIDDEN),
                nn.Linear(_HIDDEN, _HIDDEN),
                nn.Linear(_HIDDEN, 16 * _CHANNELS[0]),
            ]
        )
        pairs = pairwise(_CHANNELS)
        self.convolutions = nn.ModuleList([nn.Conv2d(i, o, 3, padding=1) for i, o in pairs])
        self.picture = nn.Conv2d(_CHANNELS[4], 12, 3, padding=1)
        self.early = nn.ModuleDict(
            {
                "32": nn.Conv2d(_CHANNELS[2], 12, 3, padding=1),
                "64": nn.Conv2d(_CHANNELS[3], 12, 3, padding=1),
            }
        )

    def forward(self, parameters: Tensor, size: int = 128) -> Tensor:
        """Pictures of `size` pixels: 32, 64 or 128."""
        grid = parameters
        for layer in self.dense:
            grid = functional.relu(layer(grid))
        grid = grid.view(-1, _CHANNELS[0], 4, 4)
        for layer in self.convolutions:
            grid = functional.interpolate(grid, scale_factor=2.0, mode="nearest")
            grid = functional.relu(layer(grid))
            if 2 * grid.shape[-1] == size:
                break
        last = self.picture if size == 128 else self.early[str(size)]
        return torch.sigmoid(functional.pixel_shuffle(last(grid), 2))

    def decode(self, parameters: NDArray[np.float32]) -> NDArray[np.float32]:
        """Pictures (n, 128, 128, 3) float32 in 0..1 for parameters (n, 46), in small batches."""
        with torch.no_grad():
            parts = torch.split(torch.from_numpy(parameters), 64)
            batches = [self(part) for part in parts]
        return np.asarray(torch.cat(batches).permute(0, 2, 3, 1).numpy())

    @classmethod
    def from_checkpoint(cls, path: Path) -> FaceDecoder:
        """The trained decoder in `path` (`face.pt`), ready for use."""
        if not path.is_file():
            raise UsageError(f"There is no face decoder {path}. Train one first.")
        saved: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        if saved.get("parameters") != list(NAMES):
            raise UsageError(f"{path} was trained on other parameters. Train the decoder again.")
        decoder = cls()
        decoder.load_state_dict(saved["state"])
        return decoder.eval()

    def save(self, path: Path) -> None:
        """Write a checkpoint that `from_checkpoint` reads."""
        state = {name: value.detach().cpu() for name, value in self.state_dict().items()}
        torch.save({"parameters": list(NAMES), "state": state}, path)
