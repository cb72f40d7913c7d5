"""Train the face decoder on drawn faces, from coarse pictures to fine ones.

Each stage trains all layers up to its size. Errors count more on eyes and mouth, and more on
dark pictures, where the same error is easier seen. What was reached is kept every minute, so a
training that was stopped goes on.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from convert.reference.face.network import FaceDecoder
from convert.reference.face.parameters import EXPRESSIONS
from convert.reference.face.regions import weight_map

_SAVE_EVERY_S = 60.0


@dataclass(frozen=True)
class Stage:
    """`steps` batches of `batch` pictures of `size` pixels; the rate falls along a cosine."""

    size: int
    steps: int
    batch: int
    first_rate: float
    last_rate: float

    def rate(self, step: int) -> float:
        """Learning rate at `step`, with a short warm-up."""
        fall = 0.5 * (1 + math.cos(math.pi * step / self.steps))
        rate = self.last_rate + (self.first_rate - self.last_rate) * fall
        return rate * min(1.0, (step + 1) / 50)


def stages(scale: float = 1.0) -> tuple[Stage, ...]:
    """The three stages; `scale` shortens or lengthens all of them."""
    return (
        Stage(32, max(1, round(3000 * scale)), 32, 2.5e-3, 1.0e-3),
        Stage(64, max(1, round(4000 * scale)), 32, 1.5e-3, 7e-4),
        Stage(128, max(1, round(12000 * scale)), 16, 1.2e-3, 2e-5),
    )


def loss(drawn: Tensor, truth: Tensor, weights: Tensor, pairs: int = 0) -> Tensor:
    """Weighted L1 and L2 on pixels and L1 on their gradients; pictures (batch, 3, h, w).

    Gradients keep edges sharp (Mathieu et al. 2016). The first `pairs` pictures are faces at rest
    and the next ones the same faces with an expression: what changes between them counts again.
    """
    brightness = (truth * weights).mean((1, 2, 3), keepdim=True)
    weights = weights * (0.5 / brightness).clamp(0.9, 1.8)
    error = drawn - truth
    total = (weights * error.abs()).mean() + 2.0 * (weights * error * error).mean()
    down = (weights[..., 1:, :] * (error[..., 1:, :] - error[..., :-1, :]).abs()).mean()
    right = (weights[..., :, 1:] * (error[..., :, 1:] - error[..., :, :-1]).abs()).mean()
    total = total + 0.9 * (down + right)
    if pairs:
        change = error[pairs : 2 * pairs] - error[:pairs]
        total = total + (weights[pairs : 2 * pairs] * change.abs()).mean()
    return total


def paired(parameters: NDArray[np.float32]) -> NDArray[np.int64]:
    """Places of faces that are followed by the same face with an expression."""
    rest = parameters[:, : EXPRESSIONS.start]
    return np.nonzero((rest[:-1] == rest[1:]).all(1))[0]


class Training:
    """A decoder on its way: network, optimizer, stage and step, all of which can be saved."""

    def __init__(self, work: Path, seed: int, plan: tuple[Stage, ...]) -> None:
        torch.manual_seed(seed)
        self.work, self.plan, self.stage, self.step = work, plan, 0, 0
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.decoder = FaceDecoder().to(self.device)
        self.decoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = torch.optim.Adam(self.decoder.parameters(), betas=(0.9, 0.99))
        self.random = torch.Generator().manual_seed(seed)
        self._path = work / "training.pt"
        if self._path.exists():
            self._restore()

    def _restore(self) -> None:
        saved: dict[str, Any] = torch.load(self._path, map_location="cpu", weights_only=True)
        self.decoder.load_state_dict(saved["decoder"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.random.set_state(saved["random"])
        self.stage, self.step = saved["stage"], saved["step"]

    def save(self) -> None:
        """Write what is needed to go on, and the decoder as it is now."""
        saved = {
            "decoder": self.decoder.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": self.random.get_state(),
            "stage": self.stage,
            "step": self.step,
        }
        partial = self._path.with_suffix(".partial")
        torch.save(saved, partial)
        partial.rename(self._path)
        self.decoder.save(self.work / "face.pt")

    def batch(self, parameters: Tensor, pictures: Tensor, weights: Tensor, pairs: Tensor) -> float:
        """One step on random faces of parameters (n, 46) and pictures (n, 3, 128, 128) uint8.

        Three quarters of a batch are pairs, from the places `pairs`.
        """
        stage = self.plan[self.stage]
        for group in self.optimizer.param_groups:
            group["lr"] = stage.rate(self.step)
        count = 3 * stage.batch // 8 if len(pairs) else 0
        rest = pairs[torch.randint(max(len(pairs), 1), (count,), generator=self.random)]
        alone = stage.batch - 2 * count
        others = torch.randint(len(parameters), (alone,), generator=self.random)
        chosen = torch.cat([rest, rest + 1, others])
        truth = pictures[chosen].to(self.device).float() / 255
        if stage.size != truth.shape[-1]:
            truth = functional.avg_pool2d(truth, truth.shape[-1] // stage.size)
        inputs = parameters[chosen].to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16):
            drawn = self.decoder(inputs, stage.size)
        value = loss(drawn.float(), truth, weights, count)
        self.optimizer.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.step += 1
        return float(value.detach())


def train(
    parameters: NDArray[np.float32],
    pictures: NDArray[np.uint8],
    work: Path,
    seed: int = 0,
    plan: tuple[Stage, ...] | None = None,
) -> FaceDecoder:
    """Train on parameters (n, 46) and pictures (n, 128, 128, 3); writes `face.pt` below `work`.

    Shows progress and writes `sheet-<size>.png`, truth above decoder, after each stage.
    """
    from rich.progress import Progress, TextColumn

    training = Training(work, seed, plan or stages())
    inputs = torch.from_numpy(parameters)
    truth = torch.from_numpy(pictures).permute(0, 3, 1, 2)
    pairs = torch.from_numpy(paired(parameters))
    saved = time.monotonic()
    with Progress(*Progress.get_default_columns(), TextColumn("{task.fields[loss]}")) as progress:
        while training.stage < len(training.plan):
            stage = training.plan[training.stage]
            weights = torch.from_numpy(weight_map(stage.size)).to(training.device)
            bar = progress.add_task(f"{stage.size} px", total=stage.steps, loss="")
            progress.advance(bar, training.step)
            mean = 0.0
            while training.step < stage.steps:
                value = training.batch(inputs, truth, weights, pairs)
                mean = value if mean == 0.0 else 0.98 * mean + 0.02 * value
                progress.update(bar, advance=1, loss=f"loss {mean:.4f}")
                if time.monotonic() - saved > _SAVE_EVERY_S:
                    training.save()
                    saved = time.monotonic()
            _write_sheet(training.decoder, inputs[:10], truth[:10], stage.size, work)
            training.stage, training.step = training.stage + 1, 0
            training.save()
    return training.decoder.eval().cpu()


def _write_sheet(
    decoder: FaceDecoder, parameters: Tensor, truth: Tensor, size: int, work: Path
) -> None:
    device = next(decoder.parameters()).device
    with torch.no_grad():
        drawn = decoder(parameters.to(device), size).cpu()
    wanted = functional.avg_pool2d(truth.float() / 255, truth.shape[-1] // size)
    rows = [torch.cat(list(row.permute(0, 2, 3, 1)), 1) for row in (wanted, drawn)]
    sheet = (torch.cat(rows, 0).numpy()[..., ::-1] * 255).astype(np.uint8)
    cv2.imwrite(str(work / f"sheet-{size}.png"), sheet)
