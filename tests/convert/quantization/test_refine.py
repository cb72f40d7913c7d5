"""What a recipe's [quantization] does to a network, measured in real int8."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import nn

from convert.architectures.random_weights import assign_random_weights
from convert.architectures.speech2face import Sizes, Speech2Face, frames, trunk
from convert.gate.graph import read_graph
from convert.gate.op_gate import inspect
from convert.nets.net import Floats, Net
from convert.nets.torch_net import TorchNet
from convert.quantization.quantize import Scheme, quantize
from convert.quantization.refine import refine
from convert.recipe import QuantizationRecipe
from edge.inference.model import local_model
from edge.voice.front_ends import front_end

SIZES = Sizes(channels=(8, 8, 12, 12, 12, 16, 16, 16, 16), bins=101, feature=16)
EVERYTHING = QuantizationRecipe(equalize=True, correct_bias=True, round_weights=True)


@pytest.fixture(scope="module")
def speech() -> Floats:
    """What the front end makes of the sample voices, up to 3 kHz: `(n, frames, bins, 2)`."""
    made = front_end("s2f-complex")
    windows = []
    for voice in ("man", "woman"):
        file = resources.files("edge") / "samples" / f"{voice}.flac"
        sound, _ = soundfile.read(str(file), dtype="float32")
        length = (frames(1) - 1) * 160 + 400
        starts = range(0, len(sound) - length, 16000)
        windows += [made(sound[start : start + length])[:, : SIZES.bins] for start in starts]
    return np.stack(windows)


@pytest.fixture(scope="module")
def net(speech: Floats) -> TorchNet:
    network = Speech2Face(SIZES)
    few = np.ascontiguousarray(speech[::4].transpose(0, 3, 1, 2))
    assign_random_weights(network, torch.from_numpy(few))
    return TorchNet(trunk(network, 1), torch.zeros(1, 2, frames(1), SIZES.bins))


@pytest.fixture(scope="module")
def examples(speech: Floats) -> Floats:
    return speech[::2]


def signal_to_noise(content: bytes, net: Net, heard: Floats) -> float:
    """Of the quantized network against `net` in float, dB."""
    model = local_model(content, name="trunk")
    expected = net(heard)
    got = np.concatenate([model(sample[None]).reshape(1, -1) for sample in heard])
    return float(10 * np.log10(np.square(expected).sum() / np.square(expected - got).sum()))


def converted(net: Net, examples: Floats, scheme: Scheme, folder: Path) -> bytes:
    net.save(folder, "cpu")
    return quantize(folder, examples, scheme=scheme)


@pytest.mark.parametrize("scheme", ["int8", "16x8"])
def test_a_refined_trunk_loses_less(
    net: TorchNet, examples: Floats, speech: Floats, scheme: Scheme, tmp_path: Path
) -> None:
    plain = converted(net, examples, scheme, tmp_path / "plain")
    better, seen = refine(net, examples, scheme, EVERYTHING)
    refined = converted(better, seen, scheme, tmp_path / "refined")
    heard = speech[1::3]
    assert signal_to_noise(refined, net, heard) > signal_to_noise(plain, net, heard) + 3
    assert read_graph(refined).counts == read_graph(plain).counts
    if scheme == "int8":
        assert inspect(refined, "coral").passed


def test_without_a_wish_nothing_changes(net: TorchNet, examples: Floats) -> None:
    same, seen = refine(net, examples, "int8", QuantizationRecipe())
    assert same is net
    assert seen is examples


def test_equalizing_for_16_bits_is_exact_in_float(net: TorchNet, examples: Floats) -> None:
    recipe = QuantizationRecipe(scheme="16x8", equalize=True)
    equalized, seen = refine(net, examples, "16x8", recipe)
    assert seen is examples
    np.testing.assert_allclose(equalized(examples), net(examples), rtol=1e-3, atol=1e-4)


def test_networks_of_another_form_stay_as_they_are(examples: Floats) -> None:
    class Mean(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.mean((2, 3))

    other = TorchNet(Mean(), torch.zeros(1, 2, frames(1), SIZES.bins))
    same, seen = refine(other, examples, "int8", EVERYTHING)
    assert same is other
    assert seen is examples


def test_a_head_without_maps_has_its_biases_corrected() -> None:
    torch.manual_seed(0)
    chain = nn.Sequential(nn.ReLU(), nn.Linear(30, 20), nn.ReLU(), nn.Linear(20, 10))
    head = TorchNet(chain.requires_grad_(False), torch.zeros(1, 30))
    vectors = np.random.default_rng(1).random((40, 30), np.float32)
    refined, seen = refine(head, vectors, "int8", EVERYTHING)
    assert seen is vectors
    assert isinstance(refined, TorchNet)
    assert torch.equal(refined.module[1].weight, chain[1].weight)
    assert not torch.equal(refined.module[1].bias, chain[1].bias)
