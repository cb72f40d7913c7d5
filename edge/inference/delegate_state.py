"""How a stage and its accelerator stand: what display, MQTT and log are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class DelegateState:
    """Of one stage."""

    stage: str
    """`voice` or `face`"""
    delegate: str
    """as in the settings"""
    working: bool
    reason: str
    """why it does not work, as a clause; empty while it works, and before the first try"""
    failures: int
    """since the start"""


Listener = Callable[[DelegateState], None]
