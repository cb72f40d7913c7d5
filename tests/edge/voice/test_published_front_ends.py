"""The front ends of published checkpoints agree with independent implementations of them:
TensorFlow's and librosa's transforms, and plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from edge.voice.front_ends import (
    ComplexSpectrogram601,
    MagnitudePhase,
    MagnitudePhase601,
    Sf2fLogMel,
    WenLogMel,
)

SIX_SECONDS = 96000


def compress(x: np.ndarray) -> np.ndarray:
    return np.sign(x) * np.abs(x) ** 0.3


def angle_between(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The shorter way around, radians."""
    return np.abs(np.angle(np.exp(1j * (one - other))))


def test_magnitude_and_phase_are_tensorflow_s(woman_sound: np.ndarray) -> None:
    import tensorflow as tf

    window = woman_sound[:SIX_SECONDS]
    features = MagnitudePhase()(window)
    stft = tf.signal.stft(window, 400, 160, 512, window_fn=tf.signal.hann_window).numpy()
    assert features.shape == (598, 257, 2)
    np.testing.assert_allclose(features[..., 0], np.abs(stft) ** 0.3, atol=0.01)
    loud = np.abs(stft) > 1e-4 * np.abs(stft).max()
    assert angle_between(features[..., 1], np.angle(stft))[loud].max() < 0.01
    assert np.abs(features[..., 1]).max() <= np.float32(np.pi)


@pytest.mark.parametrize("padding", ["constant", "reflect"])
def test_601_frames_are_librosa_s(woman_sound: np.ndarray, padding: str) -> None:
    import librosa

    window = woman_sound[:SIX_SECONDS]
    level = np.sqrt(np.mean(window.astype(np.float64) ** 2))
    loud = (window * (10 ** (-23 / 20) / level)).astype(np.float32)
    stft = librosa.stft(
        loud, n_fft=512, hop_length=160, win_length=400, window="hann", pad_mode=padding
    ).T
    parts = ComplexSpectrogram601(padding=padding)(window)
    assert parts.shape == (601, 257, 2)
    np.testing.assert_allclose(parts[..., 0], compress(stft.real), atol=0.02)
    np.testing.assert_allclose(parts[..., 1], compress(stft.imag), atol=0.02)
    polar = MagnitudePhase601(padding=padding)(window)
    np.testing.assert_allclose(polar[..., 0], np.abs(stft) ** 0.3, atol=0.01)
    angle = np.sign(polar[..., 1]) * np.abs(polar[..., 1]) ** (1 / 0.3)
    audible = np.abs(stft) > 1e-4 * np.abs(stft).max()
    assert angle_between(angle, np.angle(stft))[audible].max() < 0.01


def test_601_frames_do_not_depend_on_the_recording_s_level(woman_sound: np.ndarray) -> None:
    window = woman_sound[:SIX_SECONDS]
    for kind in (ComplexSpectrogram601(), MagnitudePhase601()):
        np.testing.assert_allclose(kind(window * np.float32(0.25)), kind(window), atol=0.01)


def test_a_shorter_window_is_a_shorter_clip_and_is_not_repeated(woman_sound: np.ndarray) -> None:
    assert ComplexSpectrogram601()(woman_sound[:51_200]).shape == (321, 257, 2)
    assert MagnitudePhase601()(woman_sound[:51_200]).shape == (321, 257, 2)


def test_the_phase_of_what_has_none_is_not_left_to_chance() -> None:
    """An even frame has a real transform: rounding would make some of it -π and some π."""
    half = np.random.default_rng(0).normal(0, 0.1, 3000).astype(np.float32)
    first = MagnitudePhase601(padding="reflect")(half)[0, :, 1]
    np.testing.assert_allclose(np.unique(first), [0.0, np.pi**0.3], rtol=1e-6)
    assert np.all(MagnitudePhase()(np.zeros(4000, np.float32))[..., 1] == 0)


def mel(hz: float) -> float:
    return 2595 * np.log10(1 + hz / 700)


def hz(mel: float) -> float:
    return 700 * (10 ** (mel / 2595) - 1)


def wen(samples: np.ndarray) -> np.ndarray:
    """Frame by frame and filter by filter, of 16-bit samples."""
    low, high = mel(20.0), mel(7200.0)
    width = 16000 / 1024
    edges = [round(hz(low + (high - low) * i / 65) / width) for i in range(66)]
    filters = np.zeros((513, 64))
    for i in range(64):
        left, centre, right = edges[i : i + 3]
        height = 2 / ((right - left) * width)
        for k in range(left + 1, centre + 1):
            filters[k, i] = height * (k - left) / (centre - left)
        for k in range(centre + 1, right):
            filters[k, i] = height * (right - k) / (right - centre)
    rows, before = [], 0.0
    for start in range(0, samples.size - 399, 160):
        frame = samples[start : start + 400].astype(np.float64)
        emphasised = frame - 0.97 * np.append(before, frame[:-1])
        before = frame[-1]
        power = np.abs(np.fft.rfft(emphasised * np.hamming(400), 1024)) ** 2
        rows.append(np.log(np.maximum(power @ filters, 1e-5)))
    logs = np.array(rows)
    return (logs - logs.mean(0)) / (logs.std(0) + np.finfo(np.float32).eps)


def test_wen_s_front_end_is_the_loop(woman_sound: np.ndarray) -> None:
    window = woman_sound[:SIX_SECONDS]
    features = WenLogMel()(window)
    assert features.shape == (598, 64)
    np.testing.assert_allclose(features, wen(np.round(window * 32768)), atol=1e-4)
    np.testing.assert_allclose(features.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(features.std(0), 1, atol=1e-4)


def sf2f(samples: np.ndarray) -> np.ndarray:
    """Frame by frame and filter by filter, of 16-bit samples, before the corpus' mean."""
    edges = [int(513 * hz(mel(8000) * i / 41) / 16000) for i in range(42)]
    filters = np.zeros((257, 40))
    for i in range(40):
        left, centre, right = edges[i : i + 3]
        for k in range(left, centre):
            filters[k, i] = (k - left) / (centre - left)
        for k in range(centre, right):
            filters[k, i] = (right - k) / (right - centre)
    emphasised = np.append(samples[0], samples[1:] - 0.97 * samples[:-1])
    rows = []
    for start in range(0, samples.size - 399, 160):
        power = np.abs(np.fft.rfft(emphasised[start : start + 400], 512)) ** 2 / 512
        energy = power @ filters
        rows.append(np.log(np.where(energy == 0, np.finfo(float).eps, energy)))
    return np.array(rows)


def test_sf2f_s_front_end_is_the_loop(woman_sound: np.ndarray) -> None:
    window = woman_sound[: 400 + 160 * 124]
    features = Sf2fLogMel()(window)
    assert features.shape == (125, 40)
    expected = (sf2f(np.round(window * 32768.0)) - 10.9915) / 3.1661
    np.testing.assert_allclose(features, expected, atol=1e-4)


PYTHON_SPEECH_FEATURES = """
12.0425 11.3304 12.9497 12.3451 12.8146 12.7497 12.6129 13.1146 12.9846 13.3434 13.4936 13.7033
14.2504 14.5556 15.3312 16.9076 19.2638 20.2272 20.485 19.5686 16.92 15.6661 15.2134 15.1669
15.4373 16.8077 20.6229 18.7724 14.4737 13.5119 12.6837 12.1668 11.7389 11.3786 11.1255 10.9055
10.761 10.6561 10.5512 10.548
"""
"""the eighth frame that `logfbank(…, nfilt=40)` of python_speech_features 0.6 makes of `chirp`"""


def test_sf2f_s_front_end_is_python_speech_features() -> None:
    time = np.arange(400 + 160 * 9) / 16000
    chirp = 8000 * np.sin(2 * np.pi * (150 * time + 8000 * time**2))
    chirp = np.round(chirp + 3000 * np.sin(2 * np.pi * 3000 * time))
    features = Sf2fLogMel()((chirp / 32768).astype(np.float32))
    expected = np.array([float(word) for word in PYTHON_SPEECH_FEATURES.split()])
    np.testing.assert_allclose(features[7] * 3.1661 + 10.9915, expected, atol=2e-4)


def test_what_exceeds_16_bits_is_cut_off_as_a_recording_would_be() -> None:
    loud = np.random.default_rng(0).normal(0, 1, 4000).astype(np.float32)
    cut = np.clip(loud, -1, 32767 / 32768)
    for kind in (WenLogMel(), Sf2fLogMel()):
        np.testing.assert_array_equal(kind(loud), kind(cut))
