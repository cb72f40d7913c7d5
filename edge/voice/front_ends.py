"""Front ends: from a window of sound to the features that a voice encoder was trained on.

The shape of a checkpoint does not identify its front end, so a bundle names it, gives its
parameters, and carries golden vectors (a short sound and its features) that are checked when the
bundle is loaded. A front end is a pure function of one window: no state, no randomness.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, Protocol

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from edge.errors import BundleError

# Bounds, because a bundle's parameters come from elsewhere: no value may take the memory down.
Length = Annotated[int, Meta(ge=16, le=8192)]
Step = Annotated[int, Meta(ge=1, le=8192)]
Bins = Annotated[int, Meta(ge=1, le=1024)]
Frequency = Annotated[float, Meta(ge=0, le=8000)]
Positive = Annotated[float, Meta(gt=0, le=100)]

Samples = npt.NDArray[np.float32]
"""Sound at 16 kHz, mono: `(samples,) float32`, full scale -1…1."""

FeatureArray = npt.NDArray[np.float32]
"""What a voice encoder takes: `(frames, bins)` or `(frames, bins, channels)`, float32."""


class FrontEnd(Protocol):
    """A window of sound to features."""

    def __call__(self, window: Samples) -> FeatureArray: ...


@dataclass(frozen=True)
class LogMel:
    """Log-mel spectrogram of one window, independent of the recording's gain.

    The window is scaled to a fixed RMS, so that the floor under the logarithm stays at the same
    distance from the speech whatever the microphone's level; the mean over the whole window is
    then taken off. Mel scale and triangular filters as in HTK (Young et al., The HTK Book, 5.4):
    mel(f) = 2595 log10(1 + f / 700).

    Output: `(frames, bins) float32`, natural log of power, mean 0, divided by `scale`.
    """

    sample_rate: Literal[16000] = 16000
    """Hz"""
    frame_length: Length = 400
    """samples, periodic Hann window"""
    frame_step: Step = 160
    """samples"""
    fft_length: Length = 512
    """samples"""
    bins: Bins = 64
    low_hz: Frequency = 50.0
    high_hz: Frequency = 8000.0
    rms: Positive = 0.05
    """what each window's root mean square is scaled to, full scale = 1"""
    floor: Positive = 1e-6
    """added to the power before the logarithm"""
    scale: Positive = 3.0

    @cached_property
    def filters(self) -> npt.NDArray[np.float32]:
        """Triangular mel filters, `(fft_length // 2 + 1, bins) float32`."""

        def mel(hz: npt.ArrayLike) -> npt.NDArray[np.float64]:
            return 2595.0 * np.log10(1.0 + np.asarray(hz, np.float64) / 700.0)

        mels = np.linspace(mel(self.low_hz), mel(self.high_hz), self.bins + 2)
        edges = 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
        hz = np.arange(self.fft_length // 2 + 1)[:, None] * self.sample_rate / self.fft_length
        rising = (hz - edges[:-2]) / (edges[1:-1] - edges[:-2])
        falling = (edges[2:] - hz) / (edges[2:] - edges[1:-1])
        return np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)

    def __call__(self, window: Samples) -> FeatureArray:
        level = float(np.sqrt(np.mean(np.square(window, dtype=np.float64))))
        power = _power_spectrogram(
            window * (self.rms / max(level, 1e-6)),
            self.frame_length,
            self.frame_step,
            self.fft_length,
        )
        logs = np.log(power @ self.filters + np.float32(self.floor))
        return ((logs - logs.mean()) / np.float32(self.scale)).astype(np.float32)


@dataclass(frozen=True)
class ComplexSpectrogram:
    """The front end of Speech2Face (Oh et al. 2019, section 3): real and imaginary part of the
    short-time Fourier transform, each compressed as sgn(x)·|x|^power.

    Output: `(frames, fft_length // 2 + 1, 2) float32`.
    """

    sample_rate: Literal[16000] = 16000
    """Hz"""
    frame_length: Length = 400
    """samples, periodic Hann window"""
    frame_step: Step = 160
    """samples"""
    fft_length: Length = 512
    """samples"""
    power: Positive = 0.3

    def __call__(self, window: Samples) -> FeatureArray:
        spectrum = _spectrogram(window, self.frame_length, self.frame_step, self.fft_length)
        parts = np.stack([spectrum.real, spectrum.imag], axis=-1)
        return (np.sign(parts) * np.abs(parts) ** self.power).astype(np.float32)


FRONT_ENDS: dict[str, type[LogMel] | type[ComplexSpectrogram]] = {
    "reference-logmel64": LogMel,
    "s2f-complex": ComplexSpectrogram,
}


def front_end(name: str, parameters: dict[str, Any] | None = None) -> FrontEnd:
    """The front end of that name. Raises BundleError for an unknown name or parameter."""
    if name not in FRONT_ENDS:
        known = ", ".join(sorted(FRONT_ENDS))
        raise BundleError(f"The front end '{name}' is not known here. Known: {known}.")
    kind = FRONT_ENDS[name]
    unknown = set(parameters or {}) - set(kind.__dataclass_fields__)
    if unknown:
        raise BundleError(
            f"The front end '{name}' has no parameter {', '.join(sorted(unknown))}. "
            f"It has: {', '.join(kind.__dataclass_fields__)}."
        )
    try:
        made = msgspec.convert(parameters or {}, kind)
    except msgspec.ValidationError as error:
        raise BundleError(
            f"The front end '{name}' was given a wrong parameter: {error}."
        ) from error
    if made.frame_length > made.fft_length or getattr(made, "low_hz", 0) >= getattr(
        made, "high_hz", 1
    ):
        raise BundleError(
            f"The front end '{name}' needs frames that fit its Fourier transform, and a band whose "
            "low end is below its high end."
        )
    return made


def _spectrogram(
    window: Samples, frame_length: int, frame_step: int, fft_length: int
) -> npt.NDArray[np.complex64]:
    """Short-time Fourier transform without padding, `(frames, fft_length // 2 + 1)`."""
    frames = np.lib.stride_tricks.sliding_window_view(window, frame_length)[::frame_step]
    hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame_length) / frame_length)).astype(
        np.float32
    )
    return np.fft.rfft(frames * hann, fft_length, axis=-1).astype(np.complex64)


def _power_spectrogram(
    window: Samples, frame_length: int, frame_step: int, fft_length: int
) -> npt.NDArray[np.float32]:
    spectrum = _spectrogram(window, frame_length, frame_step, fft_length)
    return spectrum.real**2 + spectrum.imag**2
