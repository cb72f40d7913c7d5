from __future__ import annotations

import pytest
import torch


@pytest.fixture(autouse=True)
def _same_weights() -> None:
    """PyTorch draws the same weights in every run."""
    torch.manual_seed(0)
