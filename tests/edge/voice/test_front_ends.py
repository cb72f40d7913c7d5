"""The front ends do what their papers say."""

from __future__ import annotations

import numpy as np
import pytest

from edge.errors import BundleError
from edge.voice.front_ends import ComplexSpectrogram, LogMel, front_end


def noise(samples: int = 16000) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32)


def test_log_mel_has_its_shape_mean_and_no_gain() -> None:
    mel = LogMel()
    features = mel(noise())
    assert features.shape == (98, 64)
    assert features.dtype == np.float32
    assert abs(features.mean()) < 1e-5
    np.testing.assert_allclose(mel(noise() * 0.01), features, atol=1e-3)


def test_log_mel_shows_a_tone_in_the_band_that_holds_it() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000).astype(np.float32)
    edges = np.linspace(2595 * np.log10(1 + 50 / 700), 2595 * np.log10(1 + 8000 / 700), 66)
    centres = 700 * (10 ** (edges[1:-1] / 2595) - 1)
    assert abs(centres[LogMel()(tone).mean(0).argmax()] - 1000) < 60


def test_silence_is_finite() -> None:
    assert np.all(np.isfinite(LogMel()(np.zeros(16000, np.float32))))


def test_the_paper_s_spectrogram_is_compressed_by_a_power_of_0_3() -> None:
    window = noise(95_920)
    features = ComplexSpectrogram()(window)
    assert features.shape == (598, 257, 2)
    hann = np.hanning(401)[:400]
    frame = np.fft.rfft(window[1600:2000] * hann, 512)
    np.testing.assert_allclose(
        features[10, :, 0], np.sign(frame.real) * np.abs(frame.real) ** 0.3, atol=1e-3
    )
    np.testing.assert_allclose(
        features[10, 1:-1, 1], (np.sign(frame.imag) * np.abs(frame.imag) ** 0.3)[1:-1], atol=1e-3
    )


def test_names_and_parameters_are_checked() -> None:
    assert front_end("reference-logmel64", {"bins": 40})(noise()).shape == (98, 40)
    with pytest.raises(BundleError, match="not known here"):
        front_end("no-such")
    with pytest.raises(BundleError, match="has no parameter colour"):
        front_end("s2f-complex", {"colour": 1})
