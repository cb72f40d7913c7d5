"""Distortions change the sound, and never break it."""

from __future__ import annotations

import pytest
import torch

from convert.reference.voice.augment import Augment

CROPS = 0.1 * torch.randn(8, 16000, generator=torch.Generator().manual_seed(3))


def augment(seed: int = 0) -> Augment:
    return Augment(torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", ["reverberate", "filter", "add_babble", "add_noise", "clip"])
def test_each_distortion_keeps_shape_and_is_finite(name: str) -> None:
    distorted = getattr(augment(), name)(CROPS)
    assert distorted.shape == CROPS.shape
    assert torch.isfinite(distorted).all()
    assert not torch.allclose(distorted, CROPS)


def test_silence_stays_finite() -> None:
    for seed in range(4):
        assert torch.isfinite(augment(seed)(torch.zeros(8, 16000))).all()


def test_a_seed_repeats_itself_and_leaves_the_crops_alone() -> None:
    before = CROPS.clone()
    assert torch.equal(augment(5)(CROPS), augment(5)(CROPS))
    assert torch.equal(CROPS, before)


def test_noise_lies_where_it_is_said_to() -> None:
    noise = augment().add_noise(CROPS) - CROPS
    below_db = 20 * torch.log10(CROPS.std(dim=1) / noise.std(dim=1))
    assert below_db.min() > 4.5
    assert below_db.max() < 25.5


def test_a_mask_blanks_the_same_place_in_all_windows_of_a_crop() -> None:
    masked = augment().mask(torch.ones(64, 3, 98, 64))
    assert torch.equal(masked[:, 0], masked[:, 2])
    touched = (masked == 0).flatten(1).any(dim=1).float().mean()
    assert 0.4 < touched < 0.95
    assert (masked == 0).float().mean() < 0.2
