"""The ways in which a bundle's networks can be run on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from edge.inference.runtime import RUNTIMES


class Way(msgspec.Struct, frozen=True):
    """A runtime with what helps it."""

    runtime: str
    """setting"""
    threads: int = 1
    xnnpack: bool = True
    delegate: str = ""
    options: Mapping[str, str] = {}

    def __str__(self) -> str:
        name = RUNTIMES[self.runtime][1] if self.runtime in RUNTIMES else self.runtime
        parts = [name, f"{self.threads} thread{'s' * (self.threads > 1)}"]
        parts.append(self.delegate or ("XNNPACK" if self.xnnpack else "plain kernels"))
        return ", ".join(parts)


def ways(
    runtimes: Sequence[str],
    threads: Sequence[int],
    delegate: str = "",
    options: Mapping[str, str] = {},
) -> Iterator[Way]:
    """All of them, the usual one first."""
    for runtime in runtimes:
        for count in threads:
            for xnnpack in (True, False):
                yield Way(runtime, count, xnnpack)
        if delegate:
            yield Way(runtime, 1, True, delegate, dict(options))


def thread_counts() -> list[int]:
    """Powers of two up to the cores that this process may use."""
    cores = len(os.sched_getaffinity(0))
    return [count for count in (1, 2, 4, 8, 16) if count <= cores]
