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
import torch
from torch import Tensor, nn
from torch.nn import functional

from convert.reference.voice.augment import Augment
from convert.reference.voice.features import WINDOW, Features, windows_of
from convert.reference.voice.labels import (
    AGE_BINS,
    IGNORED,
    age_target,
    gender_class,
    is_doubtful,
)
from convert.reference.voice.network import EMBEDDING, Reading, VoiceNetwork
from convert.reference.voice.prepare import Speech, load_speech
from convert.reference.voice.sampling import sampling_weights
from convert.reference.voice.splits import load_split, save_split, split
from convert.reference.voice.teacher import load_teacher

log = logging.getLogger(__name__)

WINDOWS_PER_STEP = 96
CROP_SECONDS, CROP_SHARES = (1, 2, 3, 4), (0.4, 0.3, 0.2, 0.1)
PEAK_RATE, WARM_UP, WEIGHT_DECAY = 2.5e-3, 150, 2e-2
TEACHER_WEIGHT, AGE_WEIGHT, SMOOTHING = 4.0, 0.4, 0.03
AVERAGE_DECAY = 0.998
SAVE_EVERY_S = 120.0


class Lessons:
    """Random batches of distorted crops and what should be said of them."""

    def __init__(
        self, speech: Speech, teacher: np.ndarray, indices: list[int], seed: int, device: str
    ) -> None:
        utterances = [speech.utterances[i] for i in indices]
        self.samples = [torch.from_numpy(speech[i]) for i in indices]
        genders = [IGNORED if is_doubtful(u) else gender_class(u) for u in utterances]
        self.genders = torch.tensor(genders, device=device)
        self.ages = torch.tensor(np.stack([age_target(u.age) for u in utterances]), device=device)
        self.teacher = torch.tensor(teacher[indices], device=device)
        self.weights = sampling_weights(utterances)
        self.features = Features().to(device)
        self.device = device
        self.reseed(seed)

    def reseed(self, seed: int) -> None:
        """Start the random draws anew."""
        self.chance = np.random.default_rng(seed)
        self.augment = Augment(torch.Generator(self.device).manual_seed(seed))

    def draw(self) -> tuple[Tensor, Tensor]:
        """Features, `(batch, windows, 98, 64)`, and the indices of their utterances."""
        seconds = int(self.chance.choice(CROP_SECONDS, p=CROP_SHARES))
        chosen = self.chance.choice(len(self.samples), WINDOWS_PER_STEP // seconds, p=self.weights)
        crops = torch.stack([self._crop(index, seconds * WINDOW) for index in chosen])
        crops = self.augment(crops.to(self.device))
        windows = windows_of(crops, hop=WINDOW)
        return self.augment.mask(self.features(windows)), torch.from_numpy(chosen).to(self.device)

    def _crop(self, index: int, length: int) -> Tensor:
        samples = self.samples[index]
        if len(samples) < length:
            samples = samples.repeat(-(-length // len(samples)))
        start = int(self.chance.integers(0, len(samples) - length + 1))
        return samples[start : start + length]


class Student(nn.Module):
    """The network and the layer that only training needs."""

    def __init__(self) -> None:
        super().__init__()
        self.network = VoiceNetwork()
        self.to_teacher = nn.Linear(EMBEDDING, 256)

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
    if not (work / "split.json").exists():
        save_split(split(speech.utterances, teacher), work)
    parts = load_split(work)
    lessons = Lessons(speech, teacher, parts["train"], seed, device)
    check = Check(speech, parts["calibration"], device)
    student = Student().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(student)
    optimizer = torch.optim.AdamW(student.parameters(), lr=PEAK_RATE, weight_decay=WEIGHT_DECAY)
    step = 0
    if resume:
        state: dict[str, Any] = torch.load(work / "training.pt", weights_only=True)
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
) -> np.ndarray:
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
    loss.backward()
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


class Check:
    """A quick look at speakers that are not trained on: three seconds each."""

    def __init__(self, speech: Speech, indices: list[int], device: str) -> None:
        chosen = [i for i in indices if speech.utterances[i].length >= 3 * WINDOW]
        utterances = [speech.utterances[i] for i in chosen]
        crops = torch.stack([torch.from_numpy(speech[i][: 3 * WINDOW]) for i in chosen])
        self.windows = Features()(windows_of(crops)).to(device)
        self.genders = np.array(
            [IGNORED if is_doubtful(u) else gender_class(u) for u in utterances]
        )
        self.ages = np.stack([age_target(u.age) for u in utterances])

    @torch.no_grad()
    def __call__(self, network: VoiceNetwork) -> str:
        network.eval()
        readings = [network(part) for part in self.windows.split(64)]
        gender = torch.cat([r.gender for r in readings]).cpu()
        age = torch.cat([r.age for r in readings]).log_softmax(dim=1).cpu().numpy()
        adult = (self.genders == 0) | (self.genders == 1)
        forced = gender[:, :2].argmax(dim=1).numpy() == self.genders
        said = gender.argmax(dim=1).numpy()
        known = self.ages.sum(axis=1) > 0
        cost = -(self.ages[known] * age[known]).sum(axis=1).mean()
        return (
            f"adults={forced[adult].mean():.3f} taken_for_children={(said[adult] == 2).mean():.3f} "
            f"children={(said[self.genders == 2] == 2).mean():.3f} age_cost={cost:.3f}"
        )
