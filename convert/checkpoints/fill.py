"""Put a checkpoint's weights into a network: all of them, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from convert.checkpoints.checkpoint import Array
from convert.checkpoints.differences import Shapes, differences
from convert.errors import CheckpointError

Network = TypeVar("Network", bound=nn.Module)


def fill(module: nn.Module, tensors: Mapping[str, Array], source: str) -> None:
    """Give `module` (which may be on the meta device) the weights `tensors`, without a copy.

    Names and shapes must be those of its state_dict; BatchNorm's `num_batches_tracked` may be
    absent. `source` is what to call the checkpoint. Raises CheckpointError that lists every
    difference by name; the module is unchanged then. The module shares memory with `tensors`.
    """
    state = module.state_dict()
    found = differences(
        {name: tuple(value.shape) for name, value in state.items()},
        {name: array.shape for name, array in tensors.items()},
    )
    if found:
        raise CheckpointError(
            f"{source} does not fit the network. {found.sentences()} Nothing was loaded; give the "
            "checkpoint of this very network, or name another family."
        )
    weights = {}
    for name, value in state.items():
        array = tensors[name] if name in tensors else np.zeros(value.shape, np.int64)
        weights[name] = torch.from_numpy(array).reshape(value.shape).to(value.dtype)
    module.load_state_dict(weights, assign=True)
    module.requires_grad_(False)


def filled(kind: Callable[[], Network], tensors: Mapping[str, Array], source: str) -> Network:
    """The network that `kind` makes, with the weights `tensors`. Raises CheckpointError."""
    with torch.device("meta"):
        network = kind()
    fill(network, tensors, source)
    return network.eval()


def shapes(kind: Callable[[], nn.Module]) -> Shapes:
    """Names and shapes of the weights of the network that `kind` makes."""
    with torch.device("meta"):
        network = kind()
    return {name: tuple(value.shape) for name, value in network.state_dict().items()}


def select(tensors: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    """The tensors whose names begin with `prefix`, without it."""
    return {
        name.removeprefix(prefix): array
        for name, array in tensors.items()
        if name.startswith(prefix)
    }
