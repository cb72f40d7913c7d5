"""A trunk with state gives what the trunk on whole windows gives, to the last integer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import trunks
from torch import nn
from trunks import Trunk

from convert.errors import ConvertError
from convert.gate.graph import read_graph
from convert.gate.op_gate import inspect
from convert.nets.torch_net import TorchNet
from convert.quantization.quantize import quantize
from convert.streaming.model_file import ModelFile
from convert.streaming.plan import spans
from convert.streaming.rewrite import grid, streamed, windowed
from convert.streaming.steps import steps
from edge.inference.interpreter import LocalGraph
from edge.inference.model import Model, StreamModel
from edge.inference.placement import Placement
from edge.inference.runtime import find_runtime
from edge.inference.tensor import Quantized
from edge.voice.trunk import StreamTrunk

RUNS = 4
RUNTIMES = ("litert", "tflite-runtime")


def sound(shape: tuple[int, ...], axis: int, frames: int) -> np.ndarray:
    whole = list(shape)
    whole[axis] = frames
    return np.random.default_rng(3).normal(size=whole).astype(np.float32)


def apart(content: bytes, axis: int, positions: int, runtime: str) -> tuple[float, float]:
    """Largest difference between stream and windows, and the largest value."""
    placement = Placement(find_runtime(runtime))
    found = grid(content, axis)
    frames, step = found.frames(positions), found.stride * positions
    window = Model(LocalGraph(windowed(content, axis, positions), placement))
    graph = LocalGraph(streamed(content, axis, positions), placement)
    stream = StreamTrunk(StreamModel(graph), frames, step, axis)
    features = sound(window.input_shape, axis, frames + RUNS * step)
    largest, difference = 0.0, 0.0
    for run in range(RUNS + 1):
        end = frames + run * step
        new = np.take(features, range(end - (step if run else frames), end), axis)
        expected = window(np.take(features, range(end - frames, end), axis)).ravel()
        assert expected.std() > 0
        difference = max(difference, float(np.abs(stream(new) - expected).max()))
        largest = max(largest, float(np.abs(expected).max()))
    numbers = graph.outputs[0].numbers
    return (difference / numbers.scale, 0) if isinstance(numbers, Quantized) else (
        difference, largest,
    )  # fmt: skip


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("positions", [1, 2, 3])
def test_in_int8_the_stream_is_the_window(trunk: Trunk, positions: int, runtime: str) -> None:
    for content in {trunk.cpu, trunk.coral}:
        steps_apart, _ = apart(content, trunk.axis, positions, runtime)
        assert steps_apart <= 2
        # every sum is made of the same integers, so there is nothing to round differently
        assert steps_apart == 0


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("kind", ["paper", "wen", "inception"])
def test_in_float_too(kind: str, runtime: str, request: pytest.FixtureRequest) -> None:
    trunk = request.getfixturevalue(kind)
    for positions in (1, 2):
        difference, largest = apart(trunk.in_float, trunk.axis, positions, runtime)
        assert difference <= 1e-5 * largest


def test_the_grids(paper: Trunk, wen: Trunk, inception: Trunk, reference_trunk: Trunk) -> None:
    every = (paper, wen, inception, reference_trunk)
    found = [grid(each.cpu, each.axis) for each in every]
    assert [(each.receptive_field, each.stride) for each in found] == [
        (259, 64), (63, 32), (123, 32), (91, 8),
    ]  # fmt: skip


def test_a_window_without_padding_is_the_trunk_that_was_converted(paper: Trunk) -> None:
    rewritten = Model(LocalGraph(windowed(paper.cpu, 1, 2), Placement()))
    original = Model(LocalGraph(paper.cpu, Placement()))
    values = sound(original.input_shape, 1, 323)
    np.testing.assert_array_equal(rewritten(values), original(values))


def test_padded_windows_are_met_in_their_middle(trunk: Trunk) -> None:
    """Where no zeros of a window's ends reach, the original trunk has the stream's vectors."""
    content = trunk.in_float or trunk.cpu
    model = ModelFile(content)
    found = list(steps(model, trunk.axis))
    span = spans(found, int(model.graph.inputs[0]))[found[-1].inputs[0]]
    original = LocalGraph(_before_the_average(content, trunk.axis), Placement())
    window = Model(LocalGraph(windowed(content, trunk.axis, 1), Placement()))
    spec = original.inputs[0]
    features = sound(spec.shape, trunk.axis, spec.shape[trunk.axis])
    (stored,) = original.run([spec.numbers.stored(features)])
    maps = original.outputs[0].numbers.real(stored)
    inside = 0
    for position in range(maps.shape[trunk.axis]):
        first = position * span.stride + span.first
        last = position * span.stride + span.last
        if first < 0 or last >= features.shape[trunk.axis]:
            continue
        inside += 1
        got = window(np.take(features, range(first, last + 1), trunk.axis)).ravel()
        expected = np.take(maps, position, trunk.axis).reshape(got.shape)
        step = getattr(original.outputs[0].numbers, "scale", 1e-5 * float(np.abs(maps).max()))
        assert np.abs(got - expected).max() <= 1.01 * step
    assert inside


def _before_the_average(content: bytes, axis: int) -> bytes:
    model = ModelFile(content)
    last = list(steps(model, axis))[-1]
    place = [id(each) for each in model.graph.operators].index(id(last.operator))
    model.graph.operators = model.graph.operators[:place]
    model.graph.outputs = [last.inputs[0]]
    return model.written()


def test_the_stream_passes_the_gate_of_the_edge_tpu(trunk: Trunk) -> None:
    assert inspect(streamed(trunk.coral, trunk.axis, 1), "coral").passed


def test_a_second_of_speech_costs_the_paper_a_fifth() -> None:
    """Against the paper's window of 598 frames for every update, at the published strides."""
    content = trunks.paper(positions=1).cpu
    window = read_graph(windowed(content, 1, 6)).macs  # 579 frames: the 598 have no more positions
    stream = read_graph(streamed(content, 1, 1)).macs
    assert window > 5 * stream


def test_what_is_kept_is_small(paper: Trunk) -> None:
    stream = StreamModel(LocalGraph(streamed(paper.cpu, 1, 1), Placement()))
    graph = read_graph(streamed(paper.cpu, 1, 1))
    assert stream.state_bytes == sum(tensor.bytes for tensor in graph.inputs[1:])
    assert stream.state_bytes < 100_000
    assert [t.shape for t in graph.inputs[1:]] == [t.shape for t in graph.outputs[1:]]


def test_weights_lie_where_interpreters_want_them(paper: Trunk) -> None:
    content = streamed(paper.cpu, 1, 1)
    weights = [
        tensor.values
        for operator in read_graph(content).operators
        for tensor in operator.inputs
        if tensor.values is not None and tensor.values.nbytes > 64
    ]
    base = np.frombuffer(content, np.uint8).__array_interface__["data"][0]
    assert weights
    assert all((w.__array_interface__["data"][0] - base) % 16 == 0 for w in weights)


def test_the_same_trunk_gives_the_same_file(paper: Trunk) -> None:
    assert streamed(paper.cpu, 1, 1) == streamed(paper.cpu, 1, 1)


class _Dense(nn.Module):
    """A dense layer over all of time."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(224, 5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


def test_a_trunk_that_mixes_time_is_refused(tmp_path: Path) -> None:
    net = TorchNet(_Dense(), torch.zeros(1, 1, 16, 6))
    net.save(tmp_path / "saved", "cpu")
    examples = np.random.default_rng(0).normal(size=(4, 16, 6, 1)).astype(np.float32)
    content = quantize(tmp_path / "saved", examples)
    with pytest.raises(ConvertError, match="mixes positions of time"):
        streamed(content, 1, 1)


def test_16x8_is_refused(tmp_path: Path, paper: Trunk) -> None:
    net = TorchNet(
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.AvgPool2d((14, 1))), torch.zeros(1, 1, 16, 6)
    )
    net.save(tmp_path / "saved", "cpu")
    examples = np.random.default_rng(0).normal(size=(4, 16, 6, 1)).astype(np.float32)
    content = quantize(tmp_path / "saved", examples, scheme="16x8")
    with pytest.raises(ConvertError, match="scheme"):
        streamed(content, 1, 1)
