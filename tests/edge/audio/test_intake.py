"""What devices do to the sound: offset, channels, zeros, losses."""

from __future__ import annotations

import logging
from itertools import pairwise

import numpy as np
import pytest

from edge.audio.block import AudioBlock
from edge.audio.capture_wire import Opened, Sound
from edge.audio.channels import ChannelMix
from edge.audio.intake import ZEROS_S, Intake
from edge.audio.lost_samples import LostSamples
from edge.audio.no_sound import NoSound
from edge.audio.zeros import Zeros, longest_run

RNG = np.random.default_rng(0)


def blocks(sound: np.ndarray, rate: int) -> list[Sound]:
    """`(samples, channels)` full scale 1, as a capture process sends it."""
    data = np.round(sound * 32767).astype("<i2")
    size = rate // 10
    return [
        Sound(100 + (start + size) / rate, data[start : start + size].tobytes())
        for start in range(0, len(data) - size + 1, size)
    ]


def take(sound: np.ndarray, rate: int) -> tuple[Intake, list[AudioBlock | NoSound]]:
    intake = Intake(Opened("USB", rate, sound.shape[1]), 100.0)
    items = [intake(block) for block in blocks(sound, rate)]
    return intake, [item for item in items if item is not None]


def tone(rate: int, seconds: float, hz: float = 440.0) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate)


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000, 96000])
def test_any_rate_becomes_16_khz_with_times(rate: int) -> None:
    _, items = take(tone(rate, 3)[:, None], rate)
    sound = np.concatenate([item.samples for item in items])
    assert abs(sound.size - 48000) < 1600
    spectrum = np.abs(np.fft.rfft(sound[8000:40000] * np.hanning(32000)))
    assert abs(np.argmax(spectrum) / 2 - 440) < 1
    assert all(a.start_s < b.start_s for a, b in pairwise(items))
    assert abs(items[-1].start_s - 2.9) < 0.1


def test_nothing_above_the_band_folds_into_it() -> None:
    _, items = take(tone(48000, 2, 11000)[:, None], 48000)
    sound = np.concatenate([item.samples for item in items])[4000:-4000]
    assert np.abs(sound).max() < 1e-4


def test_an_offset_is_removed_and_reported(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        _, items = take(tone(16000, 6)[:, None] + 0.2, 16000)
    sound = np.concatenate([item.samples for item in items])[16000:-1600]
    assert abs(sound.mean()) < 1e-3
    assert sum("event=offset_removed" in line for line in caplog.messages) == 1
    assert "0.200" in caplog.text


@pytest.mark.parametrize(
    ("channels", "chosen"),
    [
        (lambda s, n: [s + n(), s + n()], [0, 1]),
        (lambda s, n: [0 * s, s + n()], [1]),
        (lambda s, n: [s + n(), -0.9 * s], [0]),
        (lambda s, n: [s, 0.1 * s], [0]),
        (lambda s, n: [s + n(), s + n(), 10 * n(), s + n()], [0, 1, 3]),
    ],
    ids=["the same", "one is dead", "one is inverted", "one is far away", "one is something else"],
)
def test_channels_that_agree_are_mixed(channels, chosen: list[int]) -> None:
    heard = tone(16000, 3)
    sound = np.stack(channels(heard, lambda: RNG.normal(0, 0.01, heard.size)), 1)
    mix = ChannelMix(sound.shape[1])
    out = np.concatenate([mix(part.astype(np.float32)) for part in np.array_split(sound, 30)])
    assert list(np.flatnonzero(mix.chosen)) == chosen
    assert np.corrcoef(out[16000:], heard[16000:])[0, 1] > 0.99
    assert abs(out[16000:].std() / heard.std() - 1) < 0.1


def test_a_mix_has_less_noise_than_one_channel() -> None:
    heard = tone(16000, 3)
    sound = np.stack([heard + RNG.normal(0, 0.05, heard.size) for _ in range(4)], 1)
    out = ChannelMix(4)(sound.astype(np.float32))
    assert np.std(out - heard) < 0.6 * 0.05


def test_nothing_but_zeros_is_said_once_and_sound_comes_back() -> None:
    rate = 16000
    noise = RNG.normal(0, 0.01, (rate, 1))
    zeros = np.zeros((int((ZEROS_S + 5) * rate), 1))
    _, items = take(np.concatenate([noise, zeros, noise]), rate)
    said = [i for i, item in enumerate(items) if isinstance(item, NoSound)]
    assert len(said) == 1
    assert "gives only zeros: is it muted?" in items[said[0]].reason
    after = items[said[0] + 1 :]
    assert 8 <= len(after) <= 11
    assert all(isinstance(item, AudioBlock) for item in after)


def test_runs_of_zeros_in_the_middle_of_sound(caplog: pytest.LogCaptureFixture) -> None:
    rate = 48000
    sound = tone(rate, 4)[:, None]
    for start in range(30000, sound.size - rate, rate // 2):
        sound[start : start + 480] = 0
    with caplog.at_level(logging.INFO):
        take(sound, rate)
    assert sum("event=runs_of_zeros" in line for line in caplog.messages) == 1


@pytest.mark.parametrize("loudness", [0.3, 0.001, 0.00003])
def test_whole_sound_has_no_such_runs(loudness: float) -> None:
    """Also when it is so faint that most of its samples are zero."""
    watch = Zeros(16000)
    for _ in range(100):
        watch(np.round(RNG.normal(0, loudness * 32767, (1600, 1))).clip(-32768, 32767).astype("i2"))
    assert not watch.dropping


def test_the_longest_run() -> None:
    def longest(text: str) -> int:
        return longest_run(np.array([letter == "0" for letter in text]))

    assert longest("1001000110") == 3
    assert longest("0000110000") == 0
    assert longest("0000000000") == longest("1111") == 0


def lost(times: list[float], rate: int = 16000) -> int:
    counter = LostSamples(rate)
    return sum(counter(ended_s, rate // 10) for ended_s in times)


def test_what_is_lost_is_counted() -> None:
    times = [0.1 * (n + 1) for n in range(600)]
    assert lost([at + (0.5 if n > 300 else 0) for n, at in enumerate(times)]) == 8000
    assert lost([at + (0.2 if n > 99 else 0) + (0.3 if n > 399 else 0)
                 for n, at in enumerate(times)]) == 8000  # fmt: skip


def test_what_is_only_late_is_not_lost() -> None:
    times = [0.1 * (n + 1) for n in range(2000)]
    assert lost([at + RNG.exponential(0.03) for at in times]) == 0
    assert lost([at + (1.4 - at % 1.4 if 50 < at < 51.4 else 0) for at in times]) == 0


@pytest.mark.parametrize("drift", [-3e-4, 3e-4])
def test_a_crystal_that_is_off_loses_nothing_in_a_day(drift: float) -> None:
    assert lost([0.1 * (n + 1) * (1 + drift) for n in range(864000)]) == 0
