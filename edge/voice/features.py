"""The features of speech that arrives in pieces: no frame is transformed twice."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from edge.voice.front_ends import FeatureArray, FrontEnd, Samples
from edge.voice.front_ends.front_end import Raw
from edge.voice.front_ends.moments import Moments
from edge.voice.front_ends.spectrogram import root_mean_square
from edge.voice.growing import Growing

_PIECE = 16000
"""samples that are taken at once: more would only take memory"""


class _Stream(ABC):
    """The sound and the frames of a speaker, as far back as features to come need them."""

    def __init__(self, front_end: FrontEnd, window_samples: int, hop_samples: int) -> None:
        """Windows of `window_samples`, one every `hop_samples`."""
        self._front_end, self._framed = front_end, front_end.frame_wise
        self._window, self._hop = window_samples, hop_samples
        self._count = self._framed.frames(window_samples)
        self._sound = Growing(2 * (window_samples + _PIECE))
        self._frames: Growing | None = None
        self._next = self._framed.head
        """frame to transform next; frame 0 is the first of all speech"""

    @property
    def heard_samples(self) -> int:
        """Samples since the beginning."""
        return self._sound.count

    def push(self, speech: Samples) -> list[FeatureArray]:
        """Take `(samples,) float32` of any length. Returns the features that it completed."""
        made: list[FeatureArray] = []
        for start in range(0, speech.size, _PIECE):
            self._sound.append(speech[start : start + _PIECE])
            made += [self._front_end.turn(features) for features in self._completed()]
        return made

    @abstractmethod
    def _completed(self) -> list[FeatureArray]:
        """Features that can be made now."""

    def _begin(self, frame: int) -> int:
        """The first sample that a frame depends on."""
        return frame * self._framed.frame_step - self._framed.offset - self._framed.back

    def _end(self, frame: int) -> int:
        """The first sample after a frame."""
        return frame * self._framed.frame_step - self._framed.offset + self._framed.span

    def _transform(self) -> None:
        """Make the frames whose sound is there."""
        first = self._next
        end = first + max(0, (self._sound.count - self._end(first)) // self._framed.frame_step + 1)
        if end == first:
            return
        sound = self._sound.rows(self._begin(first), self._end(end - 1))
        raw = self._framed.raw(sound, at_start=False)
        if self._frames is None:
            self._frames = Growing(2 * self._count, raw.shape[1:], raw.dtype, first)
        self._frames.append(raw)
        self._next = end


class WindowFeatures(_Stream):
    """The features of every window, each as the front end makes them of it alone.

    What lies between a window's ends is transformed once, for all windows that it lies in; the few
    frames that depend on where a window ends are made for each window.
    """

    def __init__(self, front_end: FrontEnd, window_samples: int, hop_samples: int) -> None:
        super().__init__(front_end, window_samples, hop_samples)
        self._start = 0
        framed = self._framed
        self._shares = (
            hop_samples % framed.frame_step == 0 and self._count > framed.head + framed.tail
        )

    def _completed(self) -> list[FeatureArray]:
        made: list[FeatureArray] = []
        if self._sound.count < self._start + self._window:
            return made  # many frames at once cost less than a few at a time
        if self._shares:
            self._transform()
        while self._sound.count >= self._start + self._window:
            window = self._sound.rows(self._start, self._start + self._window)
            made.append(self._features(window) if self._shares else self._framed(window))
            self._start += self._hop
        first = self._start // self._framed.frame_step
        if self._frames:
            self._frames.drop(first)
        oldest = min(self._start, self._begin(self._next)) if self._shares else self._start
        self._sound.drop(oldest)
        return made

    def _features(self, window: Samples) -> FeatureArray:
        framed, values = self._framed, self._raw(window)
        if framed.takes_level:
            values = framed.levelled(values, root_mean_square(window))
        moments = Moments.of(values) if framed.takes_moments else Moments.none()
        return framed.normalised(values, moments)

    def _raw(self, window: Samples) -> Raw:
        """The window's frames: those at its ends for it alone, the others as they were made."""
        assert self._frames is not None  # a window's frames end within it
        framed, step = self._framed, self._framed.frame_step
        head, tail, first = framed.head, framed.tail, self._start // step
        inner: Raw = self._frames.rows(first + head, first + self._count - tail)
        if not head and not tail:
            return inner
        padded = framed.padded(window)
        before = framed.raw(padded[: (head - 1) * step + framed.span], at_start=True)
        if not tail:
            return np.concatenate([before, inner])
        after = framed.raw(padded[(self._count - tail) * step :], at_start=True)
        return np.concatenate([before, inner, after[:tail]])


class ChunkFeatures(_Stream):
    """For a trunk that keeps its state: the first window's features, then those of the new frames
    of every hop.

    The first window is what the front end makes of it alone. The frames after it see real sound on
    both sides, and what depends on a whole window (level, mean, deviation) is taken over all speech
    so far.
    """

    def __init__(self, front_end: FrontEnd, window_samples: int, hop_samples: int) -> None:
        """Raises ValueError when a hop is no whole number of frames."""
        super().__init__(front_end, window_samples, hop_samples)
        step = self._framed.frame_step
        if hop_samples % step:
            raise ValueError(f"a hop of {hop_samples} samples is no multiple of {step}")
        self._new = hop_samples // step
        self._given = 0
        """frames whose features were given"""
        self._measured = 0
        """samples whose energy is known"""
        self._energy = 0.0
        self._moments = Moments.none()

    def _completed(self) -> list[FeatureArray]:
        made = []
        if not self._given:
            if self._sound.count < self._window:
                return []
            window = self._sound.rows(0, self._window)
            raw = self._framed.raw(self._framed.padded(window), at_start=True)
            made.append(self._finished(raw, self._window))
            self._given = self._next = len(raw)
        if self._sound.count < self._end(self._given + self._new - 1):
            return made
        self._transform()
        while self._frames and self._frames.count >= self._given + self._new:
            raw = self._frames.rows(self._given, self._given + self._new)
            self._given += self._new
            made.append(self._finished(raw, max(self._end(self._given - 1), self._measured)))
        if self._frames:
            self._frames.drop(self._given)
        self._sound.drop(min(self._begin(self._next), self._measured))
        return made

    def _finished(self, raw: Raw, heard: int) -> FeatureArray:
        """Features of new frames, in the light of the first `heard` samples."""
        framed, values = self._framed, raw
        new = self._sound.rows(self._measured, heard)
        self._measured = heard
        if framed.takes_level:
            exact = new.astype(np.float64)
            self._energy += float(np.dot(exact, exact))
            values = framed.levelled(raw, max(float(np.sqrt(self._energy / heard)), 1e-6))
        if framed.takes_moments:
            self._moments = self._moments + Moments.of(values)
        return framed.normalised(values, self._moments)
