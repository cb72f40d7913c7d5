"""Where and how a network runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.inference.runtime import Runtime, find_runtime


@dataclass(frozen=True)
class Delegate:
    """An accelerator's library for TFLite."""

    library: str
    """path, or a name that the dynamic linker knows"""
    options: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    """as the owner calls it"""

    def __str__(self) -> str:
        return self.name or self.library


@dataclass(frozen=True)
class Placement:
    """A runtime, its threads, and what helps it."""

    runtime: Runtime = field(default_factory=find_runtime)
    threads: int = 1
    """CPU threads of each network"""
    xnnpack: bool = True
    """the runtime's own XNNPACK kernels for the CPU, where it has them"""
    delegate: Delegate | None = None
    """None: the CPU runs everything"""
