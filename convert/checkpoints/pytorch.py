"""Weights from PyTorch's and safetensors' files.

`torch.load(weights_only=True)` builds tensors and plain containers, and refuses everything else:
what it does not know could be code. Training scripts like to keep a few harmless containers
beside the weights; those are let through. NumPy's are not: a forged dtype reads any memory.
"""

from __future__ import annotations

import argparse
import re
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch.serialization import safe_globals

from convert.checkpoints.checkpoint import Array
from convert.checkpoints.finite import require_finite
from convert.checkpoints.signature import MOST_BYTES
from convert.checkpoints.unwrap import unwrap
from convert.errors import CheckpointError


def _as_dict(*_: object) -> dict[object, object]:
    """For a defaultdict, which the unpickler does not fill: what it holds is not looked at."""
    return {}


_HARMLESS: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
    argparse.Namespace,
    list,
    (_as_dict, "collections.defaultdict"),
]
_ADVICE = (
    "Where it was made, save the weights alone: `torch.save(model.state_dict(), 'weights.pth')`."
)
_NAMED = 5
"""names in an error"""

Weights = tuple[Mapping[str, Array], tuple[str, ...]]
"""weights by name, and what was taken off to reach them"""


def read_pytorch(path: Path, legacy: bool = False) -> Weights:
    """Weights by name from a file of torch.save. Raises CheckpointError."""
    try:
        with safe_globals(_HARMLESS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # files from before PyTorch 1.6 cannot be mapped
            loaded = torch.load(path, map_location="cpu", weights_only=True, mmap=not legacy)
    except UnpicklingError as error:
        raise CheckpointError(_refusal(path, str(error))) from error
    except Exception as error:  # a damaged pickle fails in any way that its bytes lead to
        raise CheckpointError(
            f"{path} is damaged or cut off: {str(error).splitlines()[0] if str(error) else error!r}"
            ". Copy or download it again."
        ) from error
    return _weights(path, loaded)


def read_safetensors(path: Path) -> Weights:
    """Weights by name from a safetensors file. Raises CheckpointError."""
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ModuleNotFoundError as error:
        raise CheckpointError(
            f"{path} is a safetensors file. Run `pip install safetensors` to read it."
        ) from error
    try:
        loaded = load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"{path} is damaged or cut off: {error}. Copy or download it again."
        ) from error
    return _weights(path, loaded)


def _refusal(path: Path, message: str) -> str:
    """Why an unpickler that builds weights only stopped."""
    found = re.search(r"GLOBAL (\S+)", message)
    if found is None:
        said = re.search(r"WeightsUnpickler error:\s*(.+)", message)
        reason = f" ({said.group(1).strip()})" if said else ""
        return f"{path} is damaged or cut off, or holds more than weights{reason}. {_ADVICE}"
    name = found.group(1)
    what = "a whole model" if name.startswith("torch.nn.") else "more than weights"
    return (
        f"{path} holds {what}, and opening it would run code: `{name}`. Nothing of it was run. "
        + _ADVICE
    )


def _weights(path: Path, loaded: object) -> Weights:
    state, wrapping = unwrap(path, loaded)
    others = [name for name, value in state.items() if not isinstance(value, torch.Tensor)]
    if others:
        named = ", ".join(others[:_NAMED]) + (" …" if len(others) > _NAMED else "")
        raise CheckpointError(
            f"{path} holds entries that are no tensors: {named}. Save a state_dict alone, or put "
            "it under `state_dict`."
        )
    tensors = {name: value for name, value in state.items() if isinstance(value, torch.Tensor)}
    claimed = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    if claimed > MOST_BYTES:
        raise CheckpointError(
            f"{path} claims {claimed / 1e9:,.1f} GB of weights; up to {MOST_BYTES / 1e9:.1f} GB "
            "are read."
        )
    arrays = {name: _array(path, name, tensor) for name, tensor in tensors.items()}
    require_finite(path, arrays)
    return arrays, wrapping


def _array(path: Path, name: str, tensor: torch.Tensor) -> Array:
    """A view of the tensor's memory; half and double precision become float32 copies."""
    if (
        tensor.layout != torch.strided
        or tensor.is_quantized
        or tensor.is_meta
        or tensor.is_complex()
    ):
        kind = "quantized" if tensor.is_quantized else f"{tensor.layout}, {tensor.dtype}"
        where = ", without values" if tensor.is_meta else ""
        raise CheckpointError(
            f"{path}: {name} is no plain array of real numbers ({kind}{where}). Save the float "
            "weights that were trained."
        )
    tensor = tensor.detach()
    return (tensor.float() if tensor.is_floating_point() else tensor).numpy()
