"""A network that is to be made ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edge.inference.arrays import Floats
from edge.inference.placement import Placement

Stage = Literal["voice", "face"]


@dataclass(frozen=True)
class Order:
    """Which network, and where it is to run."""

    stage: Stage
    name: str
    """what errors call it"""
    content: bytes
    """`.tflite` of the target"""
    for_cpu: bytes
    """`.tflite` that every CPU runs"""
    placement: Placement
    golden: Floats | None = None
    """an input to compare with the CPU on; None: chance"""
