"""The torch front end against the one that the board runs."""

from __future__ import annotations

import numpy as np
import torch

from convert.reference.voice.features import WINDOW, Features, windows_of
from edge.voice.front_ends import LogMel


def test_agrees_with_the_board() -> None:
    chance = np.random.default_rng(1)
    tone = np.sin(2 * np.pi * 220 * np.arange(WINDOW) / 16000)
    sounds = [
        0.3 * chance.standard_normal(WINDOW),
        1e-3 * chance.standard_normal(WINDOW),
        tone * np.linspace(0, 1, WINDOW),
        np.concatenate([np.zeros(WINDOW // 2), 0.1 * chance.standard_normal(WINDOW // 2)]),
    ]
    windows = np.stack(sounds).astype(np.float32)
    ours = Features()(torch.from_numpy(windows)).numpy()
    board = np.stack([LogMel()(window) for window in windows])
    assert ours.shape == (4, 98, 64)
    assert np.abs(ours - board).max() < 1e-3


def test_windows_overlap_by_half() -> None:
    windows = windows_of(torch.arange(3 * WINDOW))
    assert windows.shape == (5, WINDOW)
    assert windows[1, 0] == WINDOW // 2
