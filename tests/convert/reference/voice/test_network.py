"""Shapes of the network, and that its parts give what the whole gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from convert.reference.voice.network import VoiceNetwork, from_checkpoint
from convert.reference.voice.trials import numpy_networks


@pytest.fixture
def network() -> VoiceNetwork:
    torch.manual_seed(0)
    return VoiceNetwork().eval()


def test_parts_and_a_mean_make_the_whole(network: VoiceNetwork) -> None:
    windows = torch.randn(2, 3, 98, 64)
    with torch.no_grad():
        whole = network(windows)
    parts = numpy_networks(network)
    for i in range(2):
        vectors = parts["trunk"](windows[i].numpy())
        assert vectors.shape == (3, 512)
        embedding = parts["head"](vectors.mean(axis=0, keepdims=True))
        assert embedding.shape == (1, 256)
        np.testing.assert_allclose(embedding[0], whole.embedding[i], atol=1e-4)
        np.testing.assert_allclose(parts["gender"](embedding)[0], whole.gender[i], atol=1e-4)
        np.testing.assert_allclose(parts["age"](embedding)[0], whole.age[i], atol=1e-4)
    assert whole.gender.shape == (2, 3)
    assert whole.age.shape == (2, 34)


def test_is_small_enough_for_a_board(network: VoiceNetwork) -> None:
    assert sum(p.numel() for p in network.parameters()) < 1_000_000


def test_bfloat16_is_the_same_network(network: VoiceNetwork) -> None:
    windows = torch.randn(2, 1, 98, 64)
    with torch.no_grad():
        exact = network(windows).embedding
        with torch.autocast("cpu", torch.bfloat16):
            mixed = network(windows).embedding.float()
    assert torch.nn.functional.cosine_similarity(exact, mixed).min() > 0.99


def test_a_checkpoint_gives_the_averaged_network(network: VoiceNetwork, tmp_path: Path) -> None:
    torch.save({"average": network.state_dict(), "step": 1}, tmp_path / "voice.pt")
    loaded = from_checkpoint(tmp_path / "voice.pt")
    assert not loaded.training
    for name, value in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value)
