"""Random weights whose activations are spread as in a trained network.

The trained weights of Speech2Face are not public. What quantization costs depends on the ranges
of the activations, and those of a network with plain random weights fade or grow from layer to
layer. These weights are RANDOM too: He-initialised, with the statistics of each BatchNorm set to
what real speech gives there, as training would have left them. They say how a network of this
shape takes to int8, and nothing about faces.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from convert.architectures.speech2face import Speech2Face

SPREAD = 0.25
"""of BatchNorm's scales about 1 (log-normal), and of its shifts and the biases about 0"""


@torch.no_grad()
def assign_random_weights(encoder: Speech2Face, speech: Tensor, seed: int = 0) -> None:
    """Give `encoder` random weights, the same for the same seed, and BatchNorm the statistics of
    `speech`: `(n, 2, frames, bins)`, what the front end makes of real speech."""
    generator = torch.Generator().manual_seed(seed)
    x = speech
    for layer in encoder.layers():
        x = _calibrated(layer, x, generator)
    x = functional.relu(x.mean(2, keepdim=True))
    norm = encoder.get_submodule("bn9")
    x = _calibrated(norm, x, generator)
    x = (x.permute(0, 2, 3, 1) if encoder.frequency_first else x).flatten(1)
    x = functional.relu(_calibrated(encoder.fc1, x, generator))
    _calibrated(encoder.fc2, x, generator)


def _calibrated(layer: nn.Module, x: Tensor, generator: torch.Generator) -> Tensor:
    """What `layer` makes of x, after its weights and statistics were set."""

    def normal(*shape: int, scale: float) -> Tensor:
        return torch.empty(shape).normal_(0.0, scale, generator=generator)

    if isinstance(layer, nn.Conv2d | nn.Linear):
        weight = normal(*layer.weight.shape, scale=(2 / layer.weight[0].numel()) ** 0.5)
        layer.weight = nn.Parameter(weight, requires_grad=False)
        bias = normal(len(weight), scale=SPREAD)
        layer.bias = nn.Parameter(bias, requires_grad=False)
    elif isinstance(layer, nn.BatchNorm2d):
        channels = layer.num_features
        scales, shifts = normal(channels, scale=SPREAD).exp(), normal(channels, scale=SPREAD)
        variance, mean = torch.var_mean(x, (0, 2, 3), correction=0)
        state = {"weight": scales, "bias": shifts, "running_mean": mean, "running_var": variance}
        state["num_batches_tracked"] = torch.tensor(1)
        layer.load_state_dict(state, assign=True)
    # one clip after the other, for the first maps of a batch are large
    return torch.cat([layer(clip[None]) for clip in x])
