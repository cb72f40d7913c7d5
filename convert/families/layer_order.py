"""Find the layers of a network in a checkpoint by their kind and number, whatever they are called.

A file that names its layers by number alone, as nn.Sequential and Keras do, says nothing but their
order. That is enough where every kind of layer comes as often as in the network, and only numbers
tell one layer of a kind from the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from convert.checkpoints.checkpoint import Array

Kind = str
"""`conv`, `bn` or `fc`"""

KERAS_KINDS = {"conv2d": "conv", "batch_normalization": "bn", "dense": "fc"}
"""default names of Keras' layers, without their numbers"""

KERAS_PARTS = {
    ("conv", "weight"): "kernel",
    ("fc", "weight"): "kernel",
    ("bn", "weight"): "gamma",
    ("bn", "bias"): "beta",
    ("bn", "running_mean"): "moving_mean",
    ("bn", "running_var"): "moving_variance",
}
"""kind of layer and name in PyTorch → name in Keras, where it is another"""


def in_keras(tensors: Mapping[str, Array]) -> dict[Kind, list[str]]:
    """Layers with Keras' default names, kind by kind, in the order of their numbers."""
    layers = {name.rpartition("/")[0] for name in tensors}
    kinds: dict[Kind, list[str]] = {kind: [] for kind in KERAS_KINDS.values()}
    for layer in _by_number(layers):
        if kind := KERAS_KINDS.get(re.sub(r"_\d+$", "", layer)):
            kinds[kind].append(layer)
    return kinds


def in_pytorch(tensors: Mapping[str, Array]) -> dict[Kind, list[str]] | None:
    """Layers by the shapes of their weights, kind by kind, in the order of their numbers; None
    where more than a number tells the layers of one kind from each other."""
    layers = {name.rpartition(".")[0] for name in tensors if name.endswith(".weight")}
    kinds: dict[Kind, list[str]] = {"conv": [], "bn": [], "fc": []}
    of_dimensions = {4: "conv", 2: "fc", 1: "bn"}
    for layer in _by_number(layers):
        if kind := of_dimensions.get(tensors[f"{layer}.weight"].ndim):
            kinds[kind].append(layer)
    patterns = [{re.sub(r"\d+", "#", layer) for layer in found} for found in kinds.values()]
    return kinds if all(len(pattern) == 1 for pattern in patterns) else None


def theirs(ours: Iterable[str], layers: Mapping[Kind, list[str]], keras: bool) -> dict[str, str]:
    """Names `conv1.weight`, … → what the file calls them.

    A layer that the file lacks is called `conv number 3`.
    """
    names = {}
    for name in ours:
        layer, _, part = name.partition(".")
        kind, number = re.fullmatch(r"([a-z]+)(\d+)", layer).groups()  # type: ignore[union-attr]
        found = layers[kind]
        place = int(number) - 1
        their_layer = found[place] if place < len(found) else f"{kind} number {number}"
        their_part = KERAS_PARTS.get((kind, part), part) if keras else part
        names[name] = f"{their_layer}{'/' if keras else '.'}{their_part}"
    return names


def _by_number(layers: Iterable[str]) -> list[str]:
    """In the order of the numbers at the ends of the dotted parts; none counts as 0."""

    def numbers(layer: str) -> list[int]:
        ends = (re.search(r"\d+$", part) for part in layer.split("."))
        return [int(end.group()) if end else 0 for end in ends]

    return sorted(layers, key=numbers)
