"""A float voice encoder over whole sounds, cut and pooled as the board does it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from convert.families.family import VoiceEncoder
from convert.nets.net import Floats, in_batches
from convert.sounds import windows
from edge.voice.front_ends import FrontEnd
from edge.voice.pooling import Attention, Mean, Pooling


@dataclass(frozen=True)
class Encoder:
    """A voice encoder with its front end."""

    voice: VoiceEncoder
    front_end: FrontEnd

    @property
    def window_samples(self) -> int:
        """Samples of a window."""
        return self.voice.window_samples or self.front_end.samples(self.voice.frames)

    @property
    def hop_samples(self) -> int:
        """Samples from one window to the next."""
        frames = self.voice.frames
        later = self.front_end.samples(frames + self.voice.step_frames)
        return later - self.front_end.samples(frames)

    def windows(self, sound: Floats) -> Floats:
        """Features `(windows, frames, bins, …)` of speech `(samples,)`."""
        cut = windows(sound, self.window_samples, self.hop_samples)
        return np.stack([self.front_end(window) for window in cut])

    def vectors(self, features: Floats) -> Floats:
        """The trunk's vectors `(windows, n)`."""
        return in_batches(self.voice.trunk, features)

    @cached_property
    def pool(self) -> Pooling:
        """Makes a pooled vector `(m,)` of the vectors of windows `(windows, n)`."""
        if self.voice.attention:
            return Attention(**vars(self.voice.attention))
        return Mean(self.voice.unit_vectors)

    def features(self, pooled: Floats) -> Floats:
        """Face features `(n, dimensions)` of pooled vectors `(n, m)`."""
        head = self.voice.head
        outputs = pooled if head is None else in_batches(head, pooled)
        if self.voice.unit_feature:
            outputs = outputs / np.maximum(np.linalg.norm(outputs, axis=1, keepdims=True), 1e-12)
        return np.asarray(outputs, np.float32)

    def feature(self, sound: Floats) -> Floats:
        """The face feature `(dimensions,)` of speech `(samples,)`."""
        return self.features(self.pool(self.vectors(self.windows(sound)))[None])[0]
