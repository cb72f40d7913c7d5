"""Identity axes find what is a speaker's own, and nothing of gender, age or corpus."""

from __future__ import annotations

import numpy as np
import pytest

from convert.errors import ConvertError
from convert.reference.identity import Voices, identity_axes, steadiness

SPEAKERS, PIECES, SIZE = 80, 3, 24
OWN, GENDER, NOISE = np.eye(SIZE)[0], np.eye(SIZE)[1], np.eye(SIZE)[2]


def voices(seed: int, own: float = 3.0) -> Voices:
    """Speakers with a direction of their own, a gender, a loud noise, and a little of all."""
    chance = np.random.default_rng(seed)
    speaker = np.repeat([f"s{i}" for i in range(SPEAKERS)], PIECES)
    gender = np.repeat(chance.integers(0, 2, SPEAKERS), PIECES)
    traits = np.repeat(chance.normal(size=(SPEAKERS, 1)), PIECES, axis=0)
    embedding = (
        own * traits * OWN
        + 8.0 * (gender[:, None] - 0.5) * GENDER
        + 5.0 * chance.normal(size=(len(speaker), 1)) * NOISE
        + chance.normal(size=(len(speaker), SIZE))
    )
    logits = np.stack([gender - 0.5, 0.5 - gender], axis=1).astype(np.float64)
    return Voices(embedding, speaker, logits)


def test_axes_follow_the_speaker_and_not_the_gender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convert.reference.identity.DIRECTIONS", 1)
    axes = identity_axes(voices(0), rows=1)
    direction = axes[0, :-1] / np.linalg.norm(axes[0, :-1])
    assert abs(direction @ OWN) > 0.95
    assert abs(direction @ GENDER) < 0.1
    assert abs(direction @ NOISE) < 0.1


def test_axes_spread_by_one_over_speakers() -> None:
    given = voices(0)
    axes = identity_axes(given, rows=6)
    assert axes.shape == (6, SIZE + 1)
    assert axes.dtype == np.float32
    scores = given.embedding @ axes[:, :-1].T + axes[:, -1]
    means = scores.reshape(SPEAKERS, PIECES, 6).mean(axis=1)
    np.testing.assert_allclose(means.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(means.std(axis=0), 1, atol=1e-4)


def test_other_speakers_are_steady_when_they_have_something_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("convert.reference.identity.DIRECTIONS", 1)
    steady = steadiness(identity_axes(voices(0), rows=1), voices(1))
    assert steady.speakers == SPEAKERS
    assert steady.ratio > 2
    assert steady.reliability > 0.8
    assert steady.explained < 0.1
    unsteady = steadiness(identity_axes(voices(0, own=0), rows=1), voices(1, own=0))
    assert unsteady.reliability < 0.2


def test_the_seed_fixes_the_axes() -> None:
    given = voices(0)
    assert np.array_equal(identity_axes(given, 4, seed=1), identity_axes(given, 4, seed=1))
    assert not np.allclose(identity_axes(given, 4, seed=1), identity_axes(given, 4, seed=2))


def test_more_axes_than_directions_still_work() -> None:
    assert identity_axes(voices(0), rows=60).shape == (60, SIZE + 1)


def test_too_few_speakers_are_refused() -> None:
    given = voices(0)
    with pytest.raises(ConvertError, match="at least 20 speakers"):
        identity_axes(given.choose(np.arange(len(given.speaker)) < 30), rows=2)
