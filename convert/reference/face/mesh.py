"""MakeHuman's text formats: meshes (`.obj`), shape targets (`.target`), proxies (`.mhclo`).

A proxy is a mesh that follows another one, as clothes follow a body: each of its vertices sits at
a weighted mean of three vertices of the base mesh, plus an offset that scales with the body.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import UsageError

Floats = NDArray[np.float32]
Integers = NDArray[np.int32]


@dataclass(frozen=True)
class Mesh:
    """Polygons over shared vertices, in the file's own unit (MakeHuman: decimetres, y up).

    `positions` (vertices, 3) float32; `uv` (texture points, 2) float32; `triangles` and
    `triangle_uv` (triangles, 3) int32; `groups` the name of the group of each triangle.
    """

    positions: Floats
    uv: Floats
    triangles: Integers
    triangle_uv: Integers
    groups: tuple[str, ...]

    def in_group(self, *names: str) -> NDArray[np.bool_]:
        """(triangles,) bool: is the triangle in one of the groups named?"""
        return np.array([group in names for group in self.groups])


@dataclass(frozen=True)
class Target:
    """A shape target: where it is not zero (`indices`, (n,) int32) and how far (n, 3) float32."""

    indices: Integers
    offsets: Floats


@dataclass(frozen=True)
class Proxy:
    """A mesh fitted to the base mesh: `corners` (n, 3) int32, `weights` and `offsets` (n, 3).

    `scales` holds, for x, y and z, two vertices of the base mesh and the distance between them
    (along that axis) at which the offsets hold as they are.
    """

    mesh: Mesh
    corners: Integers
    weights: Floats
    offsets: Floats
    scales: tuple[tuple[int, int, float], ...]

    def fit(self, base: Floats) -> Floats:
        """Vertices (n, 3) of the proxy on the base mesh's vertices (m, 3)."""
        scale = np.array(
            [
                abs(base[first, axis] - base[second, axis]) / length
                for axis, (first, second, length) in enumerate(self.scales)
            ],
            np.float32,
        )
        anchors = np.einsum("nk,nkd->nd", self.weights, base[self.corners])
        return np.asarray(anchors + self.offsets * scale, np.float32)


def read_mesh(path: Path) -> Mesh:
    """Read the vertices, texture points and polygons of an OBJ file; quads become triangles."""
    positions: list[list[float]] = []
    uv: list[list[float]] = []
    triangles: list[list[int]] = []
    triangle_uv: list[list[int]] = []
    groups: list[str] = []
    group = ""
    for words in (line.split() for line in _lines(path)):
        if words[0] == "v":
            positions.append([float(word) for word in words[1:4]])
        elif words[0] == "vt":
            uv.append([float(word) for word in words[1:3]])
        elif words[0] == "g":
            group = words[1] if len(words) > 1 else ""
        elif words[0] == "f":
            corners = [word.split("/") for word in words[1:]]
            points = [int(corner[0]) - 1 for corner in corners]
            texture = [int(c[1]) - 1 if len(c) > 1 and c[1] else 0 for c in corners]
            for last in range(2, len(corners)):
                triangles.append([points[0], points[last - 1], points[last]])
                triangle_uv.append([texture[0], texture[last - 1], texture[last]])
                groups.append(group)
    if not positions or not triangles:
        raise UsageError(f"{path} holds no mesh. Give an OBJ file with vertices and faces.")
    return Mesh(
        np.array(positions, np.float32),
        np.array(uv or [[0.0, 0.0]], np.float32),
        np.array(triangles, np.int32),
        np.array(triangle_uv, np.int32),
        tuple(groups),
    )


def read_target(path: Path) -> Target:
    """Read a shape target, plain or gzipped: lines of `vertex dx dy dz`."""
    rows = [line.split() for line in _lines(path) if not line.startswith('"')]
    return Target(
        np.array([int(row[0]) for row in rows], np.int32),
        np.array([[float(word) for word in row[1:4]] for row in rows], np.float32).reshape(-1, 3),
    )


def read_proxy(path: Path) -> Proxy:
    """Read a proxy's fitting file (`.mhclo`) and the mesh beside it that it names."""
    scales: dict[str, tuple[int, int, float]] = {}
    rows: list[list[float]] = []
    mesh_name = path.with_suffix(".obj").name
    reading = False
    for words in (line.split() for line in _lines(path)):
        key = words[0]
        if key in ("x_scale", "y_scale", "z_scale"):
            scales[key[0]] = (int(words[1]), int(words[2]), float(words[3]))
        elif key == "obj_file":
            mesh_name = words[1]
        elif key == "verts":
            reading = True
        elif key in ("delete_verts", "weights"):
            reading = False
        elif key[0].isalpha() or not reading:
            continue  # a tag or a material may stand before or among the rows
        elif len(words) == 1:
            rows.append([float(key)] * 3 + [1, 0, 0, 0, 0, 0])
        else:
            rows.append([float(word) for word in words[:9]])
    mesh = read_mesh(path.with_name(mesh_name))
    if len(rows) != len(mesh.positions) or len(scales) != 3:
        raise UsageError(
            f"{path} fits {len(rows)} vertices and {mesh_name} has {len(mesh.positions)}. "
            "Both files have to come from the same release of the head parts."
        )
    table = np.array(rows, np.float64)
    return Proxy(
        mesh,
        table[:, :3].astype(np.int32),
        table[:, 3:6].astype(np.float32),
        table[:, 6:9].astype(np.float32),
        (scales["x"], scales["y"], scales["z"]),
    )


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        raise UsageError(f"There is no file {path}. Check the folder that you gave.")
    if path.suffix == ".gz":
        text = gzip.decompress(path.read_bytes()).decode("utf-8")
    else:
        text = path.read_text("utf-8")
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]
