"""PyTorch's and safetensors' files: the weights are found, and nothing in the file runs."""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import struct
import zipfile
from collections import OrderedDict, defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from convert.checkpoints.reader import read_checkpoint
from convert.checkpoints.unwrap import WRAPPERS
from convert.errors import CheckpointError

WEIGHTS = {"layer1.0.weight": torch.arange(6.0).view(2, 3), "layer1.0.bias": torch.ones(2)}


def saved(path: Path, content: object, legacy: bool = False) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return path


@pytest.mark.parametrize("legacy", [False, True])
def test_a_state_dict_is_read(tmp_path: Path, legacy: bool) -> None:
    path = saved(tmp_path / "weights.pth", OrderedDict(WEIGHTS), legacy)
    checkpoint = read_checkpoint(path)
    assert checkpoint.kind == "pytorch"
    assert checkpoint.wrapping == ()
    assert checkpoint.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert set(checkpoint.tensors) == set(WEIGHTS)
    np.testing.assert_array_equal(checkpoint.tensors["layer1.0.weight"], [[0, 1, 2], [3, 4, 5]])


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    assert read_checkpoint(saved(tmp_path / "weights.h5", WEIGHTS)).kind == "pytorch"


def test_the_file_is_mapped_not_copied(tmp_path: Path) -> None:
    path = saved(tmp_path / "weights.pth", {"weight": torch.ones(1000, 1000)})
    checkpoint = read_checkpoint(path)
    assert str(path) in Path("/proc/self/maps").read_text()
    assert not checkpoint.tensors["weight"].flags.owndata


@pytest.mark.parametrize("key", WRAPPERS)
def test_weights_are_found_beside_the_state_of_a_training(tmp_path: Path, key: str) -> None:
    training = {
        key: {f"module.{name}": value for name, value in WEIGHTS.items()},
        "optimizer_state_dict": torch.optim.Adam(nn.Linear(2, 2).parameters()).state_dict(),
        "args": argparse.Namespace(lr=0.1),
        "losses": defaultdict(list, {"train": [0.5]}),
        "epoch": 3,
    }
    checkpoint = read_checkpoint(saved(tmp_path / "training.pt", training))
    assert checkpoint.wrapping == (key, "module.")
    assert set(checkpoint.tensors) == set(WEIGHTS)


def test_wrappings_within_wrappings_are_taken_off(tmp_path: Path) -> None:
    weights = {f"module._orig_mod.{name}": value for name, value in WEIGHTS.items()}
    nested = {"model": {"state_dict": weights, "epoch": 1}, "scheduler": {}}
    checkpoint = read_checkpoint(saved(tmp_path / "nested.pt", nested))
    assert checkpoint.wrapping == ("model", "state_dict", "module.", "_orig_mod.")
    assert set(checkpoint.tensors) == set(WEIGHTS)


def test_a_prefix_that_not_all_names_have_stays(tmp_path: Path) -> None:
    weights = {"module.weight": torch.ones(1), "weight": torch.ones(1)}
    checkpoint = read_checkpoint(saved(tmp_path / "mixed.pt", weights))
    assert checkpoint.wrapping == ()
    assert set(checkpoint.tensors) == {"module.weight", "weight"}


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_other_precision_become_float32(tmp_path: Path, kind: torch.dtype) -> None:
    path = saved(tmp_path / "half.pt", {"weight": torch.ones(2, dtype=kind), "n": torch.tensor(3)})
    tensors = read_checkpoint(path).tensors
    assert tensors["weight"].dtype == np.float32
    assert tensors["n"].dtype == np.int64


def test_safetensors_are_read(tmp_path: Path) -> None:
    save_file({f"module.{n}": v for n, v in WEIGHTS.items()}, tmp_path / "weights.safetensors")
    checkpoint = read_checkpoint(tmp_path / "weights.safetensors")
    assert (checkpoint.kind, checkpoint.wrapping) == ("pytorch", ("module.",))
    np.testing.assert_array_equal(checkpoint.tensors["layer1.0.bias"], [1, 1])


def test_a_safetensors_file_that_begins_like_a_pickle_is_read(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    save_file({"module.a": torch.ones(2, 3), "module.b": torch.ones(4)}, path)
    assert path.read_bytes()[:8] == b"\x80\0\0\0\0\0\0\0"  # the header's length
    assert set(read_checkpoint(path).tensors) == {"a", "b"}


class Bomb:
    """Creates a file when an ordinary unpickler meets it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("beside", [False, True])
def test_a_pickle_bomb_does_not_go_off(tmp_path: Path, legacy: bool, beside: bool) -> None:
    trace = tmp_path / "it-ran"
    content = {"state_dict": WEIGHTS, "x": Bomb(trace)} if beside else Bomb(trace)
    path = saved(tmp_path / "bomb.pth", content, legacy)
    with pytest.raises(CheckpointError, match=r"would run code: `posix\.mkdir`.*state_dict\(\)"):
        read_checkpoint(path)
    assert not trace.exists()
    torch.load(path, weights_only=False)
    assert trace.exists()  # it is a real one


def test_a_whole_model_is_refused_with_advice(tmp_path: Path) -> None:
    path = saved(tmp_path / "model.pth", nn.Sequential(nn.Linear(2, 2)))
    with pytest.raises(CheckpointError, match=r"holds a whole model.*model\.state_dict\(\)"):
        read_checkpoint(path)


def test_a_bare_pickle_is_refused(tmp_path: Path) -> None:
    import pickle

    path = tmp_path / "weights.pkl"
    path.write_bytes(pickle.dumps({"weight": [1.0]}))
    with pytest.raises(CheckpointError, match=r"torch\.save did not write"):
        read_checkpoint(path)


def test_a_torchscript_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "program.pt"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("data.pkl", "constants.pkl", "code/__torch__.py"):
            archive.writestr(f"program/{name}", b"x")
    with pytest.raises(CheckpointError, match="TorchScript program"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({}, "holds no weights"),
        ([torch.ones(1)], "holds a list, not weights by name"),
        (torch.ones(1), "holds a Tensor, not weights by name"),
        ({"model_state": {}}, "holds no weights"),
        ({"encoder": WEIGHTS, "generator": WEIGHTS}, "encoder, generator.* not known which"),
        ({"weight": torch.ones(1), "epoch": 3}, "no tensors: epoch"),
        ({"weight": torch.ones(2, dtype=torch.complex64)}, "weight is no plain array"),
        ({"weight": torch.eye(2).to_sparse()}, "weight is no plain array"),
        ({"weight": torch.ones(2, device="meta")}, "without values"),
        ({"a": torch.tensor([1.0, float("nan")])}, "NaN or infinite values in a"),
        ({"a": torch.tensor([float("-inf")]), "b": torch.ones(1)}, "NaN or infinite values in a"),
        ({"a": torch.ones(1).expand(2**20, 2**11)}, r"claims 8\.6 GB of weights"),
    ],
)
def test_what_are_no_weights_is_refused(tmp_path: Path, content: object, reason: str) -> None:
    with pytest.raises(CheckpointError, match=reason):
        read_checkpoint(saved(tmp_path / "odd.pth", content))


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.99])
def test_a_truncated_file_is_refused(tmp_path: Path, legacy: bool, share: float) -> None:
    content = saved(tmp_path / "whole.pth", {"w": torch.ones(500)}, legacy).read_bytes()
    path = tmp_path / "cut.pth"
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CheckpointError, match="damaged or cut off"):
        read_checkpoint(path)


def test_a_truncated_safetensors_file_is_refused(tmp_path: Path) -> None:
    save_file(WEIGHTS, tmp_path / "w.safetensors")
    content = (tmp_path / "w.safetensors").read_bytes()
    (tmp_path / "w.safetensors").write_bytes(content[:-5])
    with pytest.raises(CheckpointError, match="damaged or cut off"):
        read_checkpoint(tmp_path / "w.safetensors")


def test_damaged_bytes_give_one_kind_of_error(tmp_path: Path) -> None:
    content = saved(tmp_path / "whole.pth", WEIGHTS, legacy=True).read_bytes()
    random = np.random.default_rng(0)
    path = tmp_path / "damaged.pth"
    refused = 0
    for _ in range(200):
        damaged = bytearray(content)
        for place in random.integers(len(content), size=4):
            damaged[place] = random.integers(256)
        path.write_bytes(damaged)
        try:
            read_checkpoint(path)  # some changes only change a weight
        except CheckpointError:
            refused += 1
    assert refused > 50


def test_an_archive_that_claims_too_much_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("weights/data.pkl", "weights/data/0"):
            archive.writestr(name, b"x")
    content = bytearray(buffer.getvalue())
    entry = content.find(b"PK\x01\x02")
    while entry >= 0:  # the uncompressed size in the archive's directory
        content[entry + 24 : entry + 28] = struct.pack("<I", 0xF0000000)
        entry = content.find(b"PK\x01\x02", entry + 1)
    path = tmp_path / "bomb.pth"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"claims to unpack to 8\.1 GB"):
        read_checkpoint(path)


def test_a_compressed_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("weights/data.pkl", bytes(10_000_000))
    with pytest.raises(CheckpointError, match=r"compressed inside, which torch\.save never does"):
        read_checkpoint(path)
