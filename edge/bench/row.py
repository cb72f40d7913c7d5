"""One measurement: what people compare, and what `--json` prints."""

from __future__ import annotations

from typing import Any

import msgspec


class Row(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A stage, run one way."""

    stage: str
    """`front_end`, `voice` or `face`"""
    model: str
    runtime: str
    delegate: str | None
    threads: int
    ms: float
    """wall time, of the fastest of many turns"""
    per: str
    """`second of speech` or `frame`"""
    xnnpack: bool = False
    share_of_core: float = 0.0
    """CPU seconds in a second of speech, or at one frame a second"""
    memory_mb: float = 0.0
    """largest resident size of the process that measured it"""
    frames_per_s: float = 0.0
    energy_mj: float = 0.0
    """of the machine while it ran, where a sensor tells"""
    problem: str = ""
    """why there is no measurement, as a clause"""

    def as_json(self) -> dict[str, Any]:
        """Plain values; the first seven keys are always there."""
        first = ("stage", "model", "runtime", "delegate", "threads", "ms", "per")
        built: dict[str, Any] = msgspec.to_builtins(self)
        return {key: getattr(self, key) for key in first} | built
