"""The front ends do what their papers say."""

from __future__ import annotations

import numpy as np
import pytest

from edge.errors import BundleError
from edge.voice.front_ends import (
    FRONT_ENDS,
    BinsFirst,
    ComplexSpectrogram,
    LogMel,
    front_end,
)


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


@pytest.mark.parametrize("name", sorted(FRONT_ENDS))
def test_silence_is_finite(name: str) -> None:
    assert np.all(np.isfinite(front_end(name)(np.zeros(16000, np.float32))))


@pytest.mark.parametrize("name", sorted(FRONT_ENDS))
@pytest.mark.parametrize("frames", [3, 63, 125])
def test_the_shortest_window_for_so_many_frames(name: str, frames: int) -> None:
    made = front_end(name)
    samples = made.samples(frames)
    assert len(made(noise(samples))) == frames
    assert len(made(noise(samples - 1))) == frames - 1


@pytest.mark.parametrize("name", sorted(FRONT_ENDS))
def test_bins_first_turns_the_features(name: str) -> None:
    made, turned = front_end(name), front_end(name, bins_first=True)
    features = made(noise())
    assert isinstance(turned, BinsFirst)
    np.testing.assert_array_equal(turned(noise()), np.swapaxes(features, 0, 1))
    assert turned.samples(50) == made.samples(50)


@pytest.mark.parametrize("name", sorted(FRONT_ENDS))
def test_a_window_is_not_changed_and_always_gives_the_same(name: str) -> None:
    window, made = noise(), front_end(name)
    first = made(window)
    np.testing.assert_array_equal(made(window), first)
    np.testing.assert_array_equal(window, noise())
    assert first.dtype == np.float32


def test_names_and_parameters_are_checked() -> None:
    assert front_end("reference-logmel64", {"bins": 40})(noise()).shape == (98, 40)
    with pytest.raises(BundleError, match="not known here"):
        front_end("no-such")
    with pytest.raises(BundleError, match="has no parameter colour"):
        front_end("s2f-complex", {"colour": 1})


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("s2f-complex-601", {"padding": "wrap"}),
        ("s2f-complex-601", {"level_db": 20.0}),
        ("s2f-magnitude-phase-601", {"fft_length": 2**20}),
        ("s2f-magnitude-phase", {"power": 0.0}),
        ("wen-logmel64", {"emphasis": 2.0}),
        ("wen-logmel64", {"floor": 0.0}),
        ("wen-logmel64", {"low_hz": 7300.0}),
        ("sf2f-logmel40", {"deviation": 0.0}),
        ("sf2f-logmel40", {"mean": float("inf")}),
        ("sf2f-logmel40", {"bins": 0}),
        ("sf2f-logmel40", {"sample_rate": 8000}),
    ],
)
def test_hostile_parameters_are_refused(name: str, parameters: dict[str, object]) -> None:
    with pytest.raises(BundleError, match=f"The front end '{name}'"):
        front_end(name, parameters)


@pytest.mark.parametrize("name", sorted(FRONT_ENDS))
def test_no_window_fills_the_memory(name: str) -> None:
    greedy = front_end(name, {"frame_step": 1, "fft_length": 8192})
    with pytest.raises(ValueError, match="are too many"):
        greedy(np.zeros(20 * 16000, np.float32))
