from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))

from one_network import Converted, convert_network
from tiny_networks import Decoder, Encoder, uniform

from convert.nets.torch_net import TorchNet


@pytest.fixture(scope="session")
def encoder() -> Converted:
    torch.manual_seed(1)
    return convert_network("encoder", Encoder(), torch.rand(1, 1, 16, 12), uniform(40, 16, 12, 1))


@pytest.fixture(scope="session")
def decoder() -> Converted:
    torch.manual_seed(2)
    return convert_network("decoder", Decoder(), torch.rand(1, 5), uniform(40, 5))


@pytest.fixture(scope="session")
def saved_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("saved") / "encoder"
    TorchNet(Encoder(), torch.rand(1, 1, 16, 12)).save(folder, "cpu")
    return folder
