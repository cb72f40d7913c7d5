"""Streaming: pieces give what the whole gives, at a cost that does not grow."""

from __future__ import annotations

import numpy as np
import pytest

from edge.inference.bundle import Bundle
from edge.inference.engine import Engine
from edge.inference.model import local_model
from edge.inference.runtime import find_runtime
from edge.voice.encoder import StreamingEncoder


@pytest.fixture
def encoder(reference: Bundle) -> StreamingEncoder:
    return StreamingEncoder(Engine(reference))


def test_pieces_equal_the_whole(encoder: StreamingEncoder, woman_sound: np.ndarray) -> None:
    encoder.push(woman_sound)
    whole, evidence_s = encoder.feature(), encoder.evidence_s
    encoder.reset()
    for piece in np.array_split(woman_sound, 53):
        encoder.push(piece)
    np.testing.assert_array_equal(encoder.feature(), whole)
    assert encoder.evidence_s == evidence_s


def test_the_feature_is_the_head_of_the_mean_of_the_windows(
    reference: Bundle, encoder: StreamingEncoder, woman_sound: np.ndarray
) -> None:
    part, runtime = reference.manifest.front_end, find_runtime()
    trunk = local_model(reference.model("trunk"), runtime)
    starts = range(0, woman_sound.size - part.window_samples + 1, part.hop_samples)
    vectors = [
        trunk(reference.front_end(woman_sound[s : s + part.window_samples])).ravel() for s in starts
    ]
    expected = local_model(reference.model("head"), runtime)(
        np.mean(vectors, axis=0).astype(np.float32)
    )
    encoder.push(woman_sound)
    step = local_model(reference.model("head"), runtime)._output.numbers.scale
    assert np.abs(encoder.feature() - expected.ravel()).max() <= step


def test_a_second_costs_the_same_after_a_minute(
    encoder: StreamingEncoder, woman_sound: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in runs of the trunk, which are all alike."""
    runs = []
    trunk = encoder._trunk

    def counting(features: np.ndarray) -> np.ndarray:
        runs.append(1)
        return trunk(features)

    monkeypatch.setattr(encoder, "_trunk", counting)
    minute = np.resize(woman_sound, 60 * 16000)
    counts = []
    for second in np.split(minute, 60):
        runs.clear()
        encoder.push(second)
        counts.append(len(runs))
    assert set(counts[1:]) == {2}


def test_evidence_counts_speech(encoder: StreamingEncoder) -> None:
    assert encoder.push(np.zeros(15999, np.float32)).windows == 0
    assert encoder.evidence_s == 0
    assert encoder.heard_s == pytest.approx(1.0, abs=1e-3)
    assert encoder.push(np.zeros(1, np.float32)).windows == 1
    assert encoder.evidence_s == 1.0
    assert encoder.push(np.zeros(8000, np.float32)).windows == 1
    assert encoder.evidence_s == 1.5
    assert encoder.heard_s == 1.5
