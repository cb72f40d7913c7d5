"""A `.tflite` file is read without trusting it."""

from __future__ import annotations

import random
import struct
import time
from contextlib import suppress

import numpy as np
import pytest
from tiny_graphs import changed, coded, graph

from convert.errors import ConvertError, ModelFileError
from convert.gate.coral import Memory, caveats, memory_note, share_memory
from convert.gate.graph import Graph, Operator, Tensor, read_graph
from convert.gate.op_gate import inspect


def test_operators_have_their_tensors_options_and_multiplications() -> None:
    (step,) = (found := read_graph(graph("convolution"))).operators
    assert (step.name, step.version, step.options["dilation_h"]) == ("CONV_2D", 3, 1)
    values, weights, bias = step.inputs
    assert (values.shape, values.type, values.constant) == ((1, 8, 8, 4), "INT8", False)
    assert (weights.shape, weights.scales, weights.constant) == ((6, 3, 3, 4), 6, True)
    assert (bias.type, bias.bytes) == ("INT32", 24)
    assert found.macs == 8 * 8 * 6 * 3 * 3 * 4
    assert found.parameter_bytes == 6 * 3 * 3 * 4 + 24
    assert found.activation_bytes == 8 * 8 * 4 + 8 * 8 * 6
    assert found.counts == {"CONV_2D v3": 1}


def test_axes_and_shapes_are_no_weights() -> None:
    found = read_graph(graph("mean"))
    assert found.parameter_bytes == 0
    assert found.operators[0].inputs[1].values.tolist() == [1, 2]


def test_shared_weights_count_once() -> None:
    def twice(model) -> None:
        model.subgraphs[0].operators *= 2

    once, both = (
        read_graph(graph("convolution")),
        read_graph(changed(graph("convolution"), twice)),
    )
    assert len(both.operators) == 2
    assert both.parameter_bytes == once.parameter_bytes


def test_a_name_cannot_move_the_cursor() -> None:
    content = changed(graph("relu"), coded("CUSTOM", 1, "evil\x1b[2J\n"))
    assert "\x1b" not in read_graph(content).operators[0].name


@pytest.mark.parametrize("content", [b"", b"TFL3", b"something else entirely", bytes(1000)])
def test_what_is_no_model_is_refused(content: bytes) -> None:
    with pytest.raises(ModelFileError, match=r"not a \.tflite file"):
        inspect(content)


def test_control_flow_is_refused() -> None:
    content = changed(graph("relu"), lambda model: model.subgraphs.append(model.subgraphs[0]))
    with pytest.raises(ConvertError, match="2 subgraphs"):
        inspect(content)


def test_every_truncation_is_one_sentence() -> None:
    content = graph("convolution")
    for length in range(8, len(content), 7):
        looked_at(content[:length])


@pytest.mark.parametrize("name", ["convolution", "dense", "concatenation", "strided slice"])
def test_mutations_are_read_or_refused_in_a_sentence(name: str) -> None:
    content, lots = graph(name), random.Random(11)
    extremes = (b"\xff" * 4, b"\0\0\0\x80", b"\xff\xff\xff\x7f", b"\0" * 4)
    for _ in range(600):
        changing = bytearray(content)
        for _ in range(lots.choice((1, 2, 8))):
            place = lots.randrange(8, len(content) - 4)
            new = lots.choice((*extremes, lots.randbytes(4), struct.pack("<I", place)))
            changing[place : place + 4] = new
        looked_at(bytes(changing))


def test_a_file_that_claims_billions_of_tensors_is_refused_at_once() -> None:
    """Every vector's length in turn is made the largest there is."""
    content = graph("relu")
    start = time.monotonic()
    for place in range(8, len(content) - 4, 4):
        looked_at(content[:place] + b"\xff\xff\xff\x7f" + content[place + 4 :])
    assert time.monotonic() - start < 60


def test_weights_that_do_not_fill_their_shape_are_damage() -> None:
    def narrow(model) -> None:
        graph = model.subgraphs[0]
        graph.tensors[graph.operators[0].inputs[1]].shape = [6, 3, 3, -4]

    with pytest.raises(ModelFileError, match="is damaged"):
        read_graph(changed(graph("convolution"), narrow))


def test_inputs_that_an_operator_needs_and_lacks_are_damage() -> None:
    def bare(model) -> None:
        model.subgraphs[0].operators[0].inputs = model.subgraphs[0].operators[0].inputs[:1]

    for name in ("convolution", "mean", "strided slice"):
        with pytest.raises(ModelFileError, match="is damaged"):
            read_graph(changed(graph(name), bare))


def looked_at(content: bytes) -> None:
    """Look through the file for every target: a report or a ConvertError, nothing else."""
    for target in ("cpu", "coral", "jetson"):
        with suppress(ConvertError):
            report = inspect(content, target)
            share_memory([report.graph])
            assert report.graph.macs >= 0 or report.refusals


def weighted(size: int, buffer: int = 1) -> Graph:
    """A dense layer with so many bytes of weights."""
    values = Tensor("values", (1, 8), "INT8")
    weights = Tensor(
        "weights", (1, size), "INT8", scales=1, buffer=buffer, values=np.zeros(size, np.int8)
    )
    return Graph((Operator("FULLY_CONNECTED", 4, (values, weights), (values,)),), (), ())


MIB = 2**20


def test_models_that_are_compiled_together_share_the_chip_in_order() -> None:
    first, second, third = share_memory([weighted(n * MIB) for n in (5, 4, 1)])
    assert first == Memory(5 * MIB, 5 * MIB, certain=True)
    assert (second.cached, second.streamed) == (3 * MIB, MIB)
    assert third.streamed == MIB


def test_memory_is_told_in_words() -> None:
    words = {n: memory_note(*share_memory([weighted(n * MIB)]), together=False) for n in (2, 7, 20)}
    assert words[2] == "The weights need 2.00 MiB and fit the chip's 8 MiB."
    assert "only the compiler knows" in words[7]
    assert "about 12.00 MiB do not fit" in words[20]
    assert "from the host at every run" in words[20]


def test_activations_larger_than_the_chip_are_a_caveat() -> None:
    large = Tensor("map", (1, 595, 254, 64), "INT8")
    found = Graph((Operator("RELU", 2, (large,), (large,)),), (large,), (large,))
    assert any("large activation tensors" in note for note in caveats(found))
