"""Inputs that a network is tried with after every step of its conversion."""

from __future__ import annotations

import numpy as np

from convert.nets.net import Floats


def probes(shape: tuple[int, ...], example: Floats | None = None) -> Floats:
    """`(n, …)` for an input of `shape` with a batch of 1: the example, and random values.

    The random ones are spread like the example, or like features that were brought to mean 0 and
    deviation 1. One input alone could agree by being the same in both layouts.
    """
    random = np.random.default_rng(0)
    mean, spread = 0.0, 1.0
    if example is not None and float(np.std(example)) > 0:
        mean, spread = float(np.mean(example)), float(np.std(example))
    inputs = [random.normal(mean, spread, shape), random.uniform(mean, mean + 2 * spread, shape)]
    given = [] if example is None else [example]
    return np.concatenate([*inputs, *given]).astype(np.float32)
