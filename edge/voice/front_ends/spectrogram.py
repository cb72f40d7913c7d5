"""Frames of sound and their Fourier transform, which all front ends share."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

LARGEST = 2**24
"""values of all frames together; 20 s of sound have 2 million"""
ROUNDING = 1e-10
"""share of a frame's largest magnitude; float64 rounds at about 1e-15"""
INT16 = 32768
"""full scale of 16-bit sound"""

Floats = npt.NDArray[np.floating[Any]]
Spectrum = npt.NDArray[np.complex128]
"""`(frames, fft_length // 2 + 1)`"""


def frames_of(sound: Floats, length: int, step: int, fft_length: int) -> Floats:
    """All whole frames of the sound `(samples,)`, as a view `(frames, length)`.

    Raises ValueError when there is none, or when their transforms would not fit the memory.
    """
    if sound.size < length:
        raise ValueError(f"a frame has {length} samples")
    count = (sound.size - length) // step + 1
    if count * fft_length > LARGEST:
        raise ValueError(f"{count} frames of {fft_length} values are too many")
    return np.lib.stride_tricks.sliding_window_view(sound, length)[::step]


@lru_cache(maxsize=8)
def hann(length: int) -> npt.NDArray[np.float32]:
    """Periodic Hann window, as TensorFlow and SciPy (`sym=False`) give it. Read-only."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)
    window.setflags(write=False)
    return window


@lru_cache(maxsize=8)
def hamming(length: int) -> npt.NDArray[np.float64]:
    """Symmetric Hamming window. Read-only."""
    window = np.hamming(length)
    window.setflags(write=False)
    return window


def fourier(frames: Floats, fft_length: int) -> Spectrum:
    """Transform of each frame, padded with zeros at its end.

    In float64 with every version of NumPy: the phase of a bin that is quiet beside the others
    must not depend on rounding.
    """
    return np.fft.rfft(frames.astype(np.float64), fft_length, axis=-1)


def compressed(values: npt.NDArray[np.float32], power: float) -> npt.NDArray[np.float32]:
    """sgn(x)·|x|^power, to about 1e-6 of each value."""
    # NumPy has fast float32 kernels for log and exp and none for a power
    with np.errstate(divide="ignore"):
        made = np.log(np.abs(values))
    made *= np.float32(power)
    np.exp(made, out=made)
    return np.copysign(made, values, out=made)


def root_mean_square(sound: Floats) -> float:
    """Of any length, in float64; at least 1e-6, so that silence can be divided by it."""
    exact = sound.astype(np.float64)
    return max(float(np.sqrt(np.dot(exact, exact) / max(exact.size, 1))), 1e-6)


def parts(spectrum: npt.NDArray[np.complex64]) -> npt.NDArray[np.float32]:
    """Real and imaginary part, `(frames, bins, 2)`: the numbers as they lie in memory."""
    return spectrum.view(np.float32).reshape(*spectrum.shape, 2)


def phase(spectrum: Spectrum) -> npt.NDArray[np.float32]:
    """Angle of each bin in radians, -π…π.

    What is rounding beside the frame's loudest bin counts as 0, else chance would decide between
    -π and π: silence has the angle 0, and a bin that is real and negative has π.
    """
    rounding = ROUNDING * np.abs(spectrum).max(axis=-1, keepdims=True)
    imaginary = np.where(np.abs(spectrum.imag) <= rounding, 0.0, spectrum.imag)
    real = np.where(np.abs(spectrum.real) <= rounding, 0.0, spectrum.real)
    return np.arctan2(imaginary, real).astype(np.float32)


def as_int16(sound: Floats) -> npt.NDArray[np.float64]:
    """Sound of full scale -1…1 as the values of 16-bit samples, rounded, in float64."""
    return np.clip(np.round(sound.astype(np.float64) * INT16), -INT16, INT16 - 1)
