"""How open a surface is to the sky around it: ambient occlusion, baked once per head.

Zhukov et al. 1998: the share of directions, weighted by the cosine, in which nothing is in the
way. Seen from many directions by a depth picture each, which a graphics card draws quickly.
"""

from __future__ import annotations

from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from convert.reference.face.canvas import Canvas
from convert.reference.face.head import normals
from convert.reference.face.mesh import Floats, Integers

_DIRECTIONS = 96
_PIXELS = 384
_VERTEX = """#version 330
uniform mat4 camera; in vec3 position;
void main() { gl_Position = camera * vec4(position, 1.0); }"""
_FRAGMENT = "#version 330\nvoid main() {}"


def openness(canvas: Canvas, vertices: Floats, triangles: Integers) -> NDArray[np.float32]:
    """(vertices,) float32 in 0..1 for every vertex of `vertices` (n, 3) that `triangles` use."""
    context = canvas.context
    used = np.unique(triangles)
    facing = normals(vertices, triangles)[used]
    points = vertices[used]
    depth = context.depth_texture((_PIXELS, _PIXELS))
    frame = context.framebuffer(depth_attachment=depth)
    program: Any = context.program(_VERTEX, _FRAGMENT)
    array = context.vertex_array(
        program,
        [(context.buffer(np.ascontiguousarray(vertices, np.float32).tobytes()), "3f", "position")],
        context.buffer(triangles.astype("i4").tobytes()),
    )
    centre = (points.max(0) + points.min(0)) / 2
    radius = 1.02 * float(np.linalg.norm(points - centre, axis=1).max())
    seen, possible = np.zeros(len(used)), np.full(len(used), 1e-6)
    for direction in _sphere(_DIRECTIONS):
        camera = _camera(direction, centre, radius)
        frame.use()
        context.enable_only(moderngl.DEPTH_TEST)
        frame.clear(depth=1.0)
        program["camera"].write(np.ascontiguousarray(camera.T, np.float32).tobytes())
        array.render()
        heights = np.frombuffer(depth.read(), np.float32).reshape(_PIXELS, _PIXELS)
        places = (points @ camera[:3, :3].T + camera[:3, 3]) * 0.5 + 0.5
        columns, rows = np.clip(places[:, :2] * _PIXELS, 0, _PIXELS - 1).astype(int).T
        weight = np.maximum(facing @ direction, 0) * (1.2 + direction[1])  # more light from above
        seen += weight * (places[:, 2] < heights[rows, columns] + 0.008)
        possible += weight
    frame.release()
    result = np.ones(len(vertices), np.float32)
    result[used] = seen / possible
    return _smoothed(result, triangles)


def _sphere(count: int) -> Floats:
    """Unit vectors spread evenly over a sphere (Fibonacci lattice): (count, 3)."""
    place = np.arange(count) + 0.5
    polar, turn = np.arccos(1 - 2 * place / count), np.pi * (1 + 5**0.5) * place
    parts = [np.cos(turn) * np.sin(polar), np.cos(polar), np.sin(turn) * np.sin(polar)]
    return np.stack(parts, 1).astype(np.float32)


def _camera(direction: Floats, centre: Floats, radius: float) -> Floats:
    up = np.array([1.0, 0, 0]) if abs(direction[1]) > 0.9 else np.array([0, 1.0, 0])
    right = np.cross(up, direction)
    right /= np.linalg.norm(right)
    camera = np.eye(4, dtype=np.float32)
    camera[:3, :3] = np.stack([right, np.cross(direction, right), -direction]) / radius
    camera[:3, 3] = -camera[:3, :3] @ centre
    return camera


def _smoothed(values: NDArray[np.float32], triangles: Integers) -> NDArray[np.float32]:
    """Values at vertices, averaged once with their neighbours'."""
    total, count = np.zeros(len(values)), np.zeros(len(values))
    mean = values[triangles].mean(1)
    for corner in triangles.T:
        total += np.bincount(corner, mean, len(values))
        count += np.bincount(corner, minlength=len(values))
    return np.where(count > 0, total / np.maximum(count, 1), values).astype(np.float32)
