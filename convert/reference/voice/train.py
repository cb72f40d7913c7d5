"""Train the reference voice network on the prepared speech and the teacher's embeddings.

Three things are learned at once: to point where the teacher's embedding points (after one linear
layer that is thrown away), to name the gender class, and to spread the age over its bins. An
exponential moving average of the weights is what is kept (Polyak & Juditsky 1992).

Writes `voice.pt` (the averaged network) and `training.pt` (everything, to resume).
"""

from __future__ import annotations

import copy
import logging
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from convert.reference.voice.check import Check
from convert.reference.voice.labels import IGNORED
from convert.reference.voice.lessons import Lessons
from convert.reference.voice.network import EMBEDDING, Reading, VoiceNetwork
from convert.reference.voice.prepare import load_speech
from convert.reference.voice.splits import load_split
from convert.reference.voice.teacher import EMBEDDING as TEACHER_EMBEDDING
from convert.reference.voice.teacher import load_teacher

log = logging.getLogger(__name__)

PEAK_RATE, WARM_UP, WEIGHT_DECAY = 2.5e-3, 150, 2e-2
TEACHER_WEIGHT, AGE_WEIGHT, SMOOTHING = 4.0, 0.4, 0.03
AVERAGE_DECAY = 0.998
SAVE_EVERY_S = 120.0


class Student(nn.Module):
    """The network and the layer that only training needs."""

    def __init__(self) -> None:
        super().__init__()
        self.network = VoiceNetwork()
        self.to_teacher = nn.Linear(EMBEDDING, TEACHER_EMBEDDING)

    def forward(self, windows: Tensor) -> tuple[Reading, Tensor]:
        reading: Reading = self.network(windows)
        return reading, self.to_teacher(reading.embedding)


def train(
    work: Path,
    steps: int = 6000,
    seed: int = 0,
    resume: bool = False,
    threads: int = 2,
    bfloat16: bool = False,
) -> Path:
    """Train for so many steps in all, resumed ones counted in; returns the checkpoint's path.

    `bfloat16` computes in mixed precision: nearly twice as fast on a processor with AVX512-BF16,
    slower on one without.
    """
    from rich.progress import Progress

    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    speech, teacher = load_speech(work), load_teacher(work)
    parts = load_split(work)
    lessons = Lessons(speech, teacher, parts["train"], seed, device)
    check = Check(speech, parts["calibration"], device)
    student = Student().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(student)
    optimizer = torch.optim.AdamW(student.parameters(), lr=PEAK_RATE, weight_decay=WEIGHT_DECAY)
    step = 0
    if resume:
        state: dict[str, Any] = torch.load(
            work / "training.pt", map_location=device, weights_only=True
        )
        student.load_state_dict(state["student"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
        # Other crops than those of the first steps.
        lessons.reseed(seed + step)
    saved_step, saved_at = step, time.monotonic()
    losses = np.zeros(3)
    with Progress(*Progress.get_default_columns()) as progress:
        bar = progress.add_task("Training", total=steps, completed=step)
        while step < steps:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, steps)
            losses += _step(student, lessons, optimizer, bfloat16)
            step += 1
            _follow(average, student, min(AVERAGE_DECAY, (1 + step) / (10 + step)))
            progress.update(bar, completed=step)
            if time.monotonic() - saved_at > SAVE_EVERY_S or step == steps:
                teacher_loss, gender_loss, age_loss = losses / (step - saved_step)
                log.info(
                    "event=trained step=%d teacher=%.3f gender=%.3f age=%.3f %s",
                    *(step, teacher_loss, gender_loss, age_loss, check(average.network)),
                )
                _save(work, student, average, optimizer, step)
                saved_step, saved_at, losses = step, time.monotonic(), np.zeros(3)
    return work / "voice.pt"


def learning_rate(step: int, steps: int) -> float:
    """A short warm-up within half a cosine over all steps (Loshchilov & Hutter 2017)."""
    cosine = 0.49 * (1 + math.cos(math.pi * step / steps)) + 0.02
    return PEAK_RATE * min(1.0, (step + 1) / WARM_UP) * cosine


def _step(
    student: Student, lessons: Lessons, optimizer: torch.optim.Optimizer, bfloat16: bool
) -> npt.NDArray[np.float64]:
    windows, chosen = lessons.draw()
    student.train()
    with torch.autocast(windows.device.type, torch.bfloat16, enabled=bfloat16):
        reading, imitated = student(windows)
    reading, imitated = Reading(*(part.float() for part in reading)), imitated.float()
    teacher = (1 - functional.cosine_similarity(imitated, lessons.teacher[chosen])).mean()
    genders = lessons.genders[chosen]
    gender = functional.cross_entropy(
        reading.gender, genders, ignore_index=IGNORED, label_smoothing=SMOOTHING
    )
    ages = lessons.ages[chosen]
    # Rows of zeros, where the age is not known, cost nothing.
    age = -(ages * reading.age.log_softmax(dim=1)).sum() / ages.sum().clamp(min=1)
    loss = TEACHER_WEIGHT * teacher + gender + AGE_WEIGHT * age
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(student.parameters(), 5.0)
    optimizer.step()
    return np.array([teacher.item(), gender.item(), age.item()])


@torch.no_grad()
def _follow(average: nn.Module, student: nn.Module, decay: float) -> None:
    followed = student.state_dict()
    for name, value in average.state_dict().items():
        if value.dtype.is_floating_point:
            value.mul_(decay).add_(followed[name], alpha=1 - decay)
        else:
            value.copy_(followed[name])


def _save(
    work: Path,
    student: Student,
    average: Student,
    optimizer: torch.optim.Optimizer,
    step: int,
) -> None:
    def write(state: dict[str, Any], name: str) -> None:
        # A run that is ended while it writes must not leave half a checkpoint.
        torch.save(state, work / f"{name}.part")
        (work / f"{name}.part").replace(work / name)

    write({"average": average.network.state_dict(), "step": step}, "voice.pt")
    everything = {
        "student": student.state_dict(),
        "average": average.state_dict(),
        "optimizer": optimizer.state_dict(),
        "step": step,
    }
    write(everything, "training.pt")
