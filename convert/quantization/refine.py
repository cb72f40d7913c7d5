"""Prepare a network for quantization beyond its ranges, as a recipe's [quantization] says.

Each step is a function of a chain of layers (`nn.Sequential`) and examples; here they are put in
their order. Networks of another form stay as they are.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from convert.nets.axes import channels_first
from convert.nets.net import Floats, Net
from convert.nets.torch_net import TorchNet
from convert.quantization.correct_bias import correct_bias
from convert.quantization.equalize import QUANTILE, clip, clip_inputs, equalize, ranges
from convert.quantization.quantize import Scheme
from convert.quantization.round_weights import round_weights
from convert.recipe import QuantizationRecipe

MOST_EXAMPLES = 24
"""that the steps look at: every one costs several runs in float"""


def refine(
    net: Net, examples: Floats, scheme: Scheme, recipe: QuantizationRecipe
) -> tuple[Net, Floats]:
    """The network to quantize in the place of `net`, and the examples to set its ranges.

    `examples`: `(n, …)` in TFLite's layout. What the result gives in float is not what `net`
    gives: it makes up for int8, so accuracy is to be measured against `net`. Where int16 lies
    between the layers (16x8), nothing is clipped: its steps are fine enough.
    """
    wanted = recipe.equalize or recipe.round_weights or recipe.correct_bias
    if not (wanted and isinstance(net, TorchNet) and isinstance(net.module, nn.Sequential)):
        return net, examples
    coarse = scheme == "int8"
    if recipe.equalize and coarse and examples.ndim == 4:
        examples = clip_inputs(examples)
    seen = torch.from_numpy(channels_first(_spread(examples)))
    chain = exact = net.module
    if recipe.equalize:
        found = ranges(chain, seen, QUANTILE if coarse else 1.0)
        exact = equalize(chain, found)
        chain = clip(exact) if coarse else exact
    if recipe.round_weights:
        chain = round_weights(chain, seen)
    if recipe.correct_bias:
        chain = correct_bias(chain, seen, exact, 8 if coarse else 16)
    return TorchNet(chain, torch.zeros(1, *seen.shape[1:])), examples


def _spread(examples: Floats) -> Floats:
    """At most MOST_EXAMPLES of them, drawn evenly."""
    places = np.linspace(0, len(examples) - 1, min(len(examples), MOST_EXAMPLES)).round()
    return examples[places.astype(int)]
