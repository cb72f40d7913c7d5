"""Where the parts of a drawn face lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.face.drawing.shape import CANVAS
from edge.face.looks import Looks

MIDDLE = CANVAS / 2


@dataclass(frozen=True)
class Proportions:
    """Heights from the top of the canvas and half widths from its middle, in its units."""

    child: float
    """1 a small child, 0 grown up"""
    old: float
    """0 up to middle age, 1 very old"""
    width: float
    """of the face at the cheek-bones"""
    jaw: float
    chin_width: float
    top: float
    """of the skull, without hair"""
    hairline: float
    brow: float
    eye: float
    eye_apart: float
    """from the middle to the middle of an eye"""
    eye_width: float
    eye_height: float
    nose: float
    """its base"""
    nose_width: float
    mouth: float
    mouth_width: float
    chin: float
    neck: float
    shoulder: float
    """height where the shoulders begin"""
    shoulder_width: float


def proportions(looks: Looks) -> Proportions:
    """The proportions of somebody. Children have low, large eyes and little chin; men a broad jaw
    and neck."""
    child = float(np.clip((18 - looks.years) / 11, 0, 1))
    old = float(np.clip((looks.years - 42) / 33, 0, 1))
    male = (1 - looks.feminine) * (1 - child)
    width = 18.6 + 0.5 * male + 0.4 * child + 1.0 * looks.head_width + 0.5 * looks.fullness
    heavy = 0.035 * looks.fullness + 0.02 * old + 0.03 * child
    chin = 73.0 + 1.3 * male - 3.2 * child + 1.6 * looks.chin_height
    eye = 47.0 + 4.0 * child - 0.8 * looks.eye_position
    nose = 57.4 + 1.2 * child + 0.7 * male + 0.9 * looks.nose_length
    mouth = 0.56 * nose + 0.44 * chin - 0.5 * looks.mouth_position - 0.2 * child
    size = 1 + 0.22 * child + 0.09 * looks.feminine + 0.16 * looks.eye_size - 0.08 * old
    top = 20.5 + 1.5 * child - 1.6 * looks.head_height
    return Proportions(
        child=child,
        old=old,
        width=width,
        jaw=width * (0.86 + 0.05 * male + heavy + 0.04 * looks.jaw_width),
        chin_width=width * (0.40 + 0.09 * male + heavy + 0.06 * looks.chin_width),
        top=top,
        hairline=top + 9.0 - 1.2 * looks.forehead,
        brow=eye - 5.7 * size + 0.9 * male - 0.9 * looks.brow_position,
        eye=eye,
        eye_apart=8.3 + 0.3 * child + 0.8 * looks.eye_spacing + 0.1 * (width - 18.6),
        eye_width=3.5 * size,
        eye_height=2.75 * size,
        nose=nose,
        nose_width=2.5 + 0.7 * male - 0.5 * child + 0.3 * old + 0.9 * looks.nose_width,
        mouth=mouth,
        mouth_width=6.2 + 0.3 * male - 1.2 * child + 1.3 * looks.mouth_width,
        chin=chin,
        neck=7.6 + 2.6 * male - 1.8 * child + 0.8 * looks.fullness,
        shoulder=chin + 6.6 - 0.6 * child - 0.2 * male,
        shoulder_width=27.0 + 7.0 * male - 5.0 * child + 2.0 * looks.fullness,
    )
