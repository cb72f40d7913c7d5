"""How long each network takes on this machine: int8 beside float, one thread, one run of both.

Speeds belong to a machine, so they are reported beside a bundle and are no part of it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edge.inference.model import local_model, local_stream
from edge.inference.runtime import Runtime, find_runtime, installed_runtimes

FEWEST, MOST, ENOUGH_S = 3, 50, 0.5
"""runs of a network, and seconds after which there are enough"""


@dataclass(frozen=True)
class Latency:
    """One network under one runtime, one thread."""

    role: str
    runtime: str
    float_ms: float
    int8_ms: float

    @property
    def ratio(self) -> float:
        """How many times faster int8 is than float."""
        return self.float_ms / self.int8_ms


def latencies(pairs: Mapping[str, tuple[bytes, bytes]]) -> list[Latency]:
    """Measure each role's float and int8 file, under every runtime that is installed."""
    return [
        Latency(role, str(runtime), *_both(in_float, in_int8, runtime, role))
        for runtime in map(find_runtime, installed_runtimes())
        for role, (in_float, in_int8) in pairs.items()
    ]


def _both(in_float: bytes, in_int8: bytes, runtime: Runtime, role: str) -> tuple[float, float]:
    """Milliseconds of the fastest run of each: what others did on the machine is left out.

    The two take turns, so that a slow moment meets both.
    """
    load = local_stream if role == "stream" else local_model
    models = [load(content, runtime, name=role) for content in (in_float, in_int8)]
    values = np.random.default_rng(0).normal(size=models[0].input_shape).astype(np.float32)
    best = [np.inf, np.inf]
    started, runs = time.perf_counter(), 0
    while runs < FEWEST or (runs < MOST and time.perf_counter() - started < ENOUGH_S):
        for place, model in enumerate(models):
            start = time.perf_counter()
            model(values)
            best[place] = min(best[place], time.perf_counter() - start)
        runs += 1
    return 1000 * best[0], 1000 * best[1]
