"""Decoding, keeping the speech, pitch, and the split, on sounds made here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from convert.reference.voice.pitch import median_pitch
from convert.reference.voice.prepare import Utterance, keep_speech, prepare
from convert.reference.voice.splits import split

RATE = 16000


def voice(hz: float, seconds: float, rate: int = RATE) -> np.ndarray:
    """A buzz of harmonics, as a larynx makes."""
    time = np.arange(int(seconds * rate)) / rate
    return sum(0.1 / k * np.sin(2 * np.pi * k * hz * time) for k in range(1, 12)).astype(np.float32)


@pytest.mark.parametrize("hz", [90.0, 130.0, 210.0, 320.0])
def test_pitch_of_a_buzz(hz: float) -> None:
    noisy = voice(hz, 1.0) + 0.01 * np.random.default_rng(0).standard_normal(RATE)
    assert median_pitch(noisy.astype(np.float32)) == pytest.approx(hz, rel=0.03)


def test_noise_has_no_pitch() -> None:
    noise = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    assert median_pitch(noise) == 0.0


def test_silence_is_cut_and_speech_is_kept() -> None:
    quiet = np.zeros(RATE, np.float32)
    kept = keep_speech(np.concatenate([quiet, voice(120, 1.5), quiet]))
    assert 1.5 * RATE <= len(kept) <= 1.8 * RATE


def test_prepare_writes_what_was_said(tmp_path: Path) -> None:
    corpus = tmp_path / "data" / "speechocean762"
    (corpus / "audio").mkdir(parents=True)
    soundfile.write(corpus / "audio" / "a.flac", voice(220, 2.0, 48000), 48000)
    soundfile.write(corpus / "audio" / "b.flac", np.zeros(RATE, np.float32), RATE)
    (corpus / "metadata.csv").write_text(
        "file,speaker,gender,age,accent\naudio/a.flac,s1,female,9,\naudio/b.flac,s2,male,30,\n"
    )
    speech = prepare(tmp_path / "data", tmp_path / "work", processes=1)
    (only,) = speech.utterances
    assert (only.speaker, only.age) == ("s1", (9.0, 10.0))
    assert only.pitch_hz == pytest.approx(220, rel=0.03)
    assert len(speech[0]) == only.length == pytest.approx(2.0 * RATE, rel=0.05)
    assert 0.4 < np.abs(speech[0]).max() <= 0.5


def test_no_voice_is_on_two_sides_of_the_split() -> None:
    chance = np.random.default_rng(2)
    known = Utterance("librispeech", "f", "s", "male", None, "", 0, 16000, 120.0)
    utterances = [replace(known, speaker=f"s{i // 3}") for i in range(90)]
    # Clips without speakers: forty voices, each heard three times in a row.
    loose = replace(known, corpus="commonvoice_v1")
    utterances += [replace(loose, speaker=f"clip{i}", file=f"clip{i}") for i in range(120)]
    voices = np.repeat(chance.standard_normal((40, 256)), 3, axis=0)
    embeddings = np.concatenate(
        [np.ones((90, 256)), voices + 0.1 * chance.standard_normal((120, 256))]
    )
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    parts = split(utterances, embeddings.astype(np.float32))
    assert sorted(i for indices in parts.values() for i in indices) == list(range(210))
    for group in range(0, 210, 3):
        homes = {
            part for part, indices in parts.items() for i in range(group, group + 3) if i in indices
        }
        assert len(homes) == 1
    assert 0.1 < len(parts["test"]) / 210 < 0.2
    assert 0.05 < len(parts["calibration"]) / 210 < 0.15
