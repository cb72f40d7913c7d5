"""Lessons: batches of distorted crops, and what the network should say of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from convert.reference.voice.augment import Augment
from convert.reference.voice.features import WINDOW, Features, windows_of
from convert.reference.voice.labels import IGNORED, age_target, gender_class, is_doubtful
from convert.reference.voice.prepare import Speech
from convert.reference.voice.sampling import sampling_weights

WINDOWS_PER_STEP = 96
CROP_SECONDS, CROP_SHARES = (1, 2, 3, 4), (0.4, 0.3, 0.2, 0.1)


class Lessons:
    """Random batches of distorted crops and what should be said of them."""

    def __init__(
        self,
        speech: Speech,
        teacher: npt.NDArray[np.float32],
        indices: list[int],
        seed: int,
        device: str,
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
