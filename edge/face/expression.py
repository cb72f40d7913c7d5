"""What a face does at one moment, whoever it belongs to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Expression:
    """Muscles of a face, each 0…1 unless said otherwise. All at rest without arguments."""

    jaw_open: float = 0.0
    """mouth open, as in 'ah'"""
    funnel: float = 0.0
    """lips forward and open, as in 'oh'"""
    pucker: float = 0.0
    """lips forward and narrow, as in 'oo'"""
    smile: float = 0.0
    blink: float = 0.0
    """eyelids closed"""
    brow_up: float = 0.0
    brow_down: float = 0.0
    gaze: tuple[float, float] = (0.0, 0.0)
    """where the eyes look, right and down, -1…1"""
    shift: tuple[float, float] = (0.0, 0.0)
    """how far the head has moved, right and down, as a share of the picture's width"""
    tilt: float = 0.0
    """degrees to the right"""


MUSCLES = ("jaw_open", "funnel", "pucker", "smile", "blink", "brow_up", "brow_down")
"""those that decoders may have as parameters of these names"""
REST = Expression()
