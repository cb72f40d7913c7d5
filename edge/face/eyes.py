"""The eyes and brows of a drawn face."""

from __future__ import annotations

import numpy as np

from edge.face.drawing.shape import Points, Shape, joined, mix, smooth, straight
from edge.face.expression import Expression
from edge.face.features import INK, SIDES, WHITE, shade
from edge.face.looks import Looks
from edge.face.proportions import MIDDLE, Proportions

_SHADOW = (58, 52, 50)


def eyes(looks: Looks, place: Proportions, now: Expression) -> list[Shape]:
    """Both eyes: white, iris, lids and lashes."""
    return [shape for side in SIDES for shape in _eye(side, looks, place, now)]


def _eye(side: int, looks: Looks, place: Proportions, now: Expression) -> list[Shape]:
    x, y = MIDDLE + side * place.eye_apart, place.eye
    width, height = place.eye_width, place.eye_height
    slant = -0.45 * looks.eye_slant - 0.25 * looks.feminine + 0.35 * place.old
    closed = float(np.clip(now.blink, 0, 1))
    squeeze = 0.22 * now.smile + 0.10 * place.old
    up = height * ((1 - closed) * (1 - 0.08 * place.old + 0.12 * now.brow_up) - 0.62 * closed)
    down = height * (0.74 - 0.74 * squeeze * (1 - closed))
    t = np.linspace(-1, 1, 9)  # from the inner corner to the outer one

    def lid(reach: float, at: Points) -> Points:
        """Height of a lid that bulges by `reach` at places −1…1 along the eye."""
        return y + slant * at - reach * (1 - np.abs(at) ** 2.3)

    across = x + side * width * t
    edge = np.stack([across, lid(up, t)], 1)
    if looks.feminine > 0.55:
        wing = 1.3 * looks.feminine * (1 - 0.6 * place.child)
        edge = np.concatenate([edge, edge[-1:] + np.array([side * wing, -0.5 * wing])])
    strength = 0.75 + 0.45 * looks.feminine * (1 - 0.5 * place.child - 0.4 * place.old)
    lash = Shape(smooth(edge, closed=False), INK, strength)
    if up + down < 0.5:
        return [lash]
    upper, lower = lid(up, t), lid(-down, t)
    white = joined(
        smooth(np.stack([across, upper], 1), closed=False),
        smooth(np.stack([across, lower], 1)[::-1], closed=False),
    )
    middle = (x + 0.9 * now.gaze[0], y - 0.1 * height + 0.7 * now.gaze[1])

    def within(path: Points) -> Points:
        """A ring, cut off where the lids cover it."""
        at = np.clip((path[:, 0] - x) / (side * width), -1, 1)
        inside = np.clip(path[:, 1], lid(up, at), lid(-down, at))
        return np.stack([path[:, 0], inside], 1)

    iris = within(_ring(*middle, height * 0.86))
    pupil = within(_ring(*middle, height * 0.47))
    glint = (middle[0] + 0.28 * height, middle[1] - 0.30 * height)
    light = within(_ring(*glint, height * 0.22, 10))
    shapes = [
        Shape(white, WHITE),
        Shape(straight(iris), looks.eyes),
        Shape(straight(pupil), mix(looks.eyes, (14, 10, 12), 0.82)),
        Shape(straight(light), (255, 255, 255)),
        lash,
    ]
    if place.child < 0.5:
        fold = smooth(np.stack([across[2:8], lid(up + 0.85, t)[2:8]], 1), closed=False)
        shapes.append(Shape(fold, shade(looks.skin, 0.28), 0.35 + 0.15 * place.old))
    return shapes


def brows(looks: Looks, place: Proportions, now: Expression) -> list[Shape]:
    """Both brows: a man's are broad and straight, a woman's thin and arched."""
    male = (1 - looks.feminine) * (1 - place.child)
    thick = 0.8 + 1.05 * male + 0.15 * (1 - place.child)
    arch = 0.95 - 0.3 * male
    y = place.brow - 2.0 * now.brow_up + 1.2 * now.brow_down
    colour = mix(mix(looks.hair, _SHADOW, 0.35), looks.skin, 0.08 + 0.15 * place.child)
    shapes = []
    for side in SIDES:
        x, w = MIDDLE + side * place.eye_apart, place.eye_width + 1.1
        inner = y - 0.2 + 1.3 * now.brow_down - 0.2 * now.brow_up
        outer = y + 0.75 - 0.45 * male - 0.7 * looks.brow_slant
        ring = [
            (x - side * w, inner - 0.35 * thick), (x - side * 0.2 * w, y - arch * 0.8),
            (x + side * 0.35 * w, y - arch), (x + side * 1.02 * w, outer),
            (x + side * 0.35 * w, y - arch + 0.9 * thick),
            (x - side * 0.2 * w, y - arch * 0.8 + thick), (x - side * w, inner + 0.65 * thick),
        ]  # fmt: skip
        shapes.append(Shape(smooth(ring), colour))
    return shapes


def _ring(x: float, y: float, radius: float, corners: int = 22) -> Points:
    angle = np.linspace(0, 2 * np.pi, corners + 1)
    return np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], 1)
