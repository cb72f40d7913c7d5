"""A head of a few dozen triangles, in the files and groups that the real one has."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from convert.reference.face.head import Head
from convert.reference.face.landmarks import LANDMARKS
from convert.reference.face.mesh import Mesh, Proxy, Target
from convert.reference.face.shape import target_names

GROUPS = (
    "helper-l-eye",
    "helper-r-eye",
    "joint-l-eye",
    "joint-r-eye",
    "helper-upper-teeth",
    "helper-lower-teeth",
    "helper-tongue",
)


@pytest.fixture(scope="session")
def tiny_head() -> Head:
    """A ball for a head, with landmarks, eyes and hair where a head has them."""
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    heights = np.linspace(-1, 1, 13)
    ring = [(h, t) for h, t in product(heights, turns)]
    ball = np.array([(np.sin(t) * _r(h), h * 1.25, np.cos(t) * _r(h)) for h, t in ring])
    ball = ball * [0.95, 1.0, 1.1] + [0.0, 7.2, 0.4]
    quads = [
        (r * 24 + c, r * 24 + (c + 1) % 24, (r + 1) * 24 + (c + 1) % 24, (r + 1) * 24 + c)
        for r, c in product(range(12), range(24))
    ]
    triangles = [corner for a, b, c, d in quads for corner in ((a, b, c), (a, c, d))]
    groups = ["body"] * len(triangles)
    vertices = list(ball)
    for group in GROUPS:
        side = {"l": 0.3, "r": -0.3}.get(group.split("-")[1], 0.0)
        centre = np.array([side, 7.3 if side else 6.6, 1.4 if side else 1.0])
        first = len(vertices)
        vertices += [centre + 0.12 * np.array(d) for d in ((-1, -1, 0), (1, -1, 0), (0, 1, 0))]
        triangles.append((first, first + 1, first + 2))
        groups.append(group)
    positions = np.zeros((max(LANDMARKS.values()) + 1, 3), np.float32)
    positions[: len(vertices)] = vertices
    positions[len(vertices) :] = (0.0, 7.0, 0.0)
    positions[LANDMARKS["gnathion"]] = (0.0, 6.15, 1.2)
    positions[LANDMARKS["zygion_left"]] = (0.7, 7.0, 0.7)
    positions[LANDMARKS["zygion_right"]] = (-0.7, 7.0, 0.7)
    faces = np.array(triangles, np.int32)
    uv = np.array([[0.1, 0.2]], np.float32)
    base = Mesh(positions, uv, faces, np.zeros_like(faces), tuple(groups))
    hair = _cap(base)
    targets = {
        name: Target(np.array([0], np.int32), np.zeros((1, 3), np.float32))
        for name in target_names()
    }
    nothing = np.zeros(len(positions), np.float32)
    styles = dict.fromkeys(("short02", "long01", "ponytail01"), hair)
    return Head(base, targets, styles, nothing, nothing)


def _r(height: float) -> float:
    return float(np.sqrt(max(1 - height**2, 0.0)))


def _cap(base: Mesh) -> Proxy:
    """Hair: the upper part of the ball, a little larger."""
    kept = (base.positions[base.triangles, 1] > 7.7).all(1) & base.in_group("body")
    used, numbers = np.unique(base.triangles[kept], return_inverse=True)
    triangles = numbers.reshape(-1, 3).astype(np.int32)
    centre = np.array([0.0, 7.2, 0.4])
    offsets: NDArray[np.float32] = ((base.positions[used] - centre) * 0.05).astype(np.float32)
    corners = np.repeat(used[:, None], 3, axis=1).astype(np.int32)
    weights = np.tile(np.array([1, 0, 0], np.float32), (len(used), 1))
    mesh = Mesh(
        base.positions[used], np.zeros((1, 2), np.float32), triangles, np.zeros_like(triangles), ()
    )
    # Two vertices of the ball and their distance: offsets hold as they are on the unshaped head.
    scales = tuple(
        (0, 150, max(float(abs(base.positions[0, axis] - base.positions[150, axis])), 1e-6))
        for axis in range(3)
    )
    return Proxy(mesh, corners, weights, offsets, scales)
