"""Quantizing: integer types, schemes, and the same bytes for the same inputs."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from onnx_cases import normal
from torch import nn

from convert.errors import ConvertError
from convert.gate.graph import Graph, read_graph
from convert.gate.op_gate import inspect
from convert.nets.net import Floats, relative_error
from convert.nets.torch_net import TorchNet
from convert.quantization.quantize import quantize, to_float
from edge.inference.model import local_model

INPUTS = normal(30, 12, 10, 2)

ANEW = """
import hashlib, sys, numpy as np
from pathlib import Path
from convert.quantization.quantize import quantize
content = quantize(Path(sys.argv[1]), np.load(sys.argv[2]))
print(hashlib.sha256(content).hexdigest())
"""


@pytest.fixture(scope="module")
def net() -> TorchNet:
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 5 * 4, 6)
    )
    return TorchNet(module, torch.zeros(1, 2, 12, 10))


@pytest.fixture(scope="module")
def saved(net: TorchNet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    net.save(folder, "cpu")
    return folder


def ends(graph: Graph) -> list[str]:
    return [tensor.type for tensor in (*graph.inputs, *graph.outputs)]


def dense_scales(content: bytes) -> int:
    (dense,) = (o for o in read_graph(content).operators if o.name == "FULLY_CONNECTED")
    return dense.inputs[1].scales


def test_dense_weights_have_one_scale_for_coral_alone(saved: Path) -> None:
    assert dense_scales(quantize(saved, INPUTS)) == 6
    content = quantize(saved, INPUTS, target="coral")
    assert dense_scales(content) == 1
    assert inspect(content, "coral").passed


def test_wide_activations_are_closer_to_float(net: TorchNet, saved: Path) -> None:
    expected = net(INPUTS)
    errors = []
    for scheme, kind in (("int8", "INT8"), ("16x8", "INT16")):
        content = quantize(saved, INPUTS, scheme=scheme)  # type: ignore[arg-type]
        assert ends(read_graph(content)) == [kind, kind]
        assert inspect(content).passed
        model = local_model(content)
        got = np.concatenate([model(sample[None]) for sample in INPUTS])
        errors.append(float(np.sqrt(np.mean((got - expected) ** 2))))
    # 0.4 to 0.6 for other weights: those are int8 in both
    assert errors[1] < 0.8 * errors[0]
    with pytest.raises(ConvertError, match="16x8 is for the target cpu alone; coral runs int8"):
        quantize(saved, INPUTS, target="coral", scheme="16x8")


def test_float_files_compute_what_the_network_does(net: TorchNet, saved: Path) -> None:
    model = local_model(to_float(saved))
    assert relative_error(net(INPUTS[:1]), model(INPUTS[:1])) < 1e-5


def test_samples_may_come_one_by_one(saved: Path) -> None:
    def samples() -> Iterator[Floats]:
        yield from INPUTS

    assert quantize(saved, samples) == quantize(saved, INPUTS)


def test_quantizing_without_examples_is_refused(saved: Path) -> None:
    with pytest.raises(ConvertError, match="no representative inputs"):
        quantize(saved, INPUTS[:0])
    with pytest.raises(ConvertError, match="no representative inputs"):
        quantize(saved, lambda: iter(()))


def test_another_process_writes_the_same_bytes(net: TorchNet, saved: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "inputs.npy", INPUTS)
    net.save(tmp_path / "again", "cpu")
    done = subprocess.run(
        [sys.executable, "-c", ANEW, str(tmp_path / "again"), str(tmp_path / "inputs.npy")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(quantize(saved, INPUTS)).hexdigest()
