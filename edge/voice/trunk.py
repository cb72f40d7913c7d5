"""The voice encoder's trunk, on whole windows or with state: features to vectors."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from edge.inference.bundle import Bundle
from edge.inference.engine import Engine
from edge.inference.model import Floats, Model, StreamModel


class Trunk(Protocol):
    """One vector for each window, given what is new of its features."""

    def __call__(self, features: Floats) -> Floats:
        """The vector `(n,)` of the next window."""


class WindowTrunk:
    """Runs every window as a whole."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def __call__(self, features: Floats) -> Floats:
        """`features`: of the whole window."""
        return self._model(features).ravel()


class StreamTrunk:
    """Runs only the new frames of every window, and keeps what each layer needs of the others.

    The network advances by `step_frames`. It has seen a whole window when it was run often
    enough; so that this falls on the window's end, frames of zeros go first, and what comes of
    them is dropped.
    """

    def __init__(self, model: StreamModel, frames: int, step_frames: int, axis: int = 0) -> None:
        """`frames`: of a window; `axis` is time's in the features."""
        self._model, self._axis, self._step = model, axis, step_frames
        self._runs = -(-frames // step_frames)
        self._lead = self._runs * step_frames - frames
        self._begun = False

    def __call__(self, features: Floats) -> Floats:
        """`features`: of the first window as a whole, then only the new frames of each next one."""
        if not self._begun:
            features = self._led(features)
        for part in np.split(features, features.shape[self._axis] // self._step, self._axis):
            vector = self._model(np.ascontiguousarray(part))
        self._begun = True
        return vector.ravel()

    def _led(self, features: Floats) -> Floats:
        shape = list(features.shape)
        shape[self._axis] = self._lead
        return np.concatenate([np.zeros(shape, np.float32), features], self._axis)


def trunk(engine: Engine) -> Trunk:
    """The bundle's trunk at the beginning of a stream: with state where it has one."""
    if not engine.bundle.manifest.voice.stream:
        return WindowTrunk(engine.model("trunk"))
    frames, step = window_frames(engine.bundle)
    axis = 1 if engine.bundle.manifest.front_end.bins_first else 0
    return StreamTrunk(engine.stream(), frames, step, axis)


def window_frames(bundle: Bundle) -> tuple[int, int]:
    """Frames of a window, and from one to the next."""
    part = bundle.manifest.front_end
    axis = 1 if part.bins_first else 0
    frames = bundle.array(part.golden.features).shape[axis]
    per_frame = bundle.front_end.samples(2) - bundle.front_end.samples(1)
    return frames, part.hop_samples // per_frame
