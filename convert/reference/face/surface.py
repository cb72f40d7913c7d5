"""What is drawn: the surfaces of a head, ready for a graphics card.

A surface knows how to find its vertices on a head of any shape. Proxies follow the base mesh;
grown hair is the scalp itself, moved outwards along its normals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from convert.reference.face.hair import HAIRLINE, SCALP_STYLE, STYLES, HairStyle
from convert.reference.face.head import Head, normals
from convert.reference.face.mesh import Floats, Integers, Proxy

BODY_FLOOR = 4.9  # of the unshaped head; what lies below is never in the picture
SMALLEST_PIECE = 0.05  # of a hair mesh; smaller ones are wisps


@dataclass(frozen=True)
class Surface:
    """Triangles over corners; a corner is a vertex with a texture point.

    `vertices` maps the base mesh's vertices to the surface's own; `source` (corners,) is the
    vertex of each corner; `triangles` (n, 3) count corners, `vertex_triangles` count vertices.
    `rest` (corners, 3), `uv` (corners, 2) and `marks` (corners, 4) do not change with the shape.
    """

    vertices: Callable[[Floats], Floats]
    source: Integers
    triangles: Integers
    vertex_triangles: Integers
    rest: Floats
    uv: Floats
    marks: Floats = field(repr=False)

    def shaped(self, base: Floats) -> Floats:
        """Positions and unit normals of the corners on a shaped head: (corners, 6) float32."""
        own = self.vertices(base)
        return np.hstack([own, normals(own, self.vertex_triangles)])[self.source]


def marks_of_vertices(head: Head) -> Floats:
    """Lips, distance to the hair, openness (1 until baked) and upper eyelid: (vertices, 4)."""
    marks = np.ones((len(head.base.positions), 4), np.float32)
    marks[:, 0] = head.lips
    hair = head.hair[STYLES[SCALP_STYLE].mesh]
    fitted = hair.fit(head.base.positions)[hair.mesh.triangles]
    # Points all over the triangles, so that the distance does not follow the hair's vertices.
    shares = np.array([(a, b, 6 - a - b) for a in range(7) for b in range(7 - a)]) / 6
    points = np.einsum("sk,tkd->tsd", shares, fitted).reshape(-1, 3)
    marks[:, 1] = cKDTree(points).query(head.base.positions)[0] + head.ears
    skin = np.zeros(len(marks))
    skin[head.base.triangles[head.base.in_group("body")]] = 1.0
    marks[:, 3] = 0.0
    for side in ("Left", "Right"):
        blink = head.targets[f"eyeBlink{side}"]
        travel = np.linalg.norm(blink.offsets, axis=1) * skin[blink.indices]
        marks[blink.indices, 3] = travel / max(travel.max(), 1e-9)
    return marks


def body_surface(head: Head, marks: Floats) -> Surface:
    """Skin of the head, neck and shoulders."""
    rest = head.base.positions
    kept = head.base.in_group("body")
    kept &= (rest[head.base.triangles, 1] > BODY_FLOOR).all(1)
    kept &= (np.abs(rest[head.base.triangles, 0]) < 2.6).all(1)
    return _base_surface(head, marks, kept, lambda base: base)


def group_surface(head: Head, marks: Floats, *names: str) -> Surface:
    """Groups of the base mesh by name: eyes, lashes, teeth or tongue."""
    return _base_surface(head, marks, head.base.in_group(*names), lambda base: base)


def hair_surface(head: Head, marks: Floats, style: HairStyle) -> Surface:
    """The hair of a style."""
    if style.mesh:
        return _proxy_surface(head, head.hair[style.mesh])
    return _grown_surface(head, marks, style.thickness)


def _proxy_surface(head: Head, proxy: Proxy) -> Surface:
    """Hair that is a mesh of its own, without its loose wisps: they need a picture's alpha."""
    mesh = proxy.mesh
    kept = shells(mesh.triangles)
    corners, triangles = _corners(mesh.triangles[kept], mesh.triangle_uv[kept])
    marks = np.tile(np.array([0, 0, 1, 0], np.float32), (len(corners), 1))
    rest = proxy.fit(head.base.positions)
    return Surface(
        proxy.fit,
        corners[:, 0],
        triangles,
        mesh.triangles[kept],
        rest[corners[:, 0]],
        mesh.uv[corners[:, 1]],
        marks,
    )


def _grown_surface(head: Head, marks: Floats, thickness: float) -> Surface:
    """Hair that stands `thickness` off the scalp, round at its edge."""
    kept = head.base.in_group("body") & (marks[head.base.triangles, 1] < 2.5 * HAIRLINE).any(1)
    kept &= (head.base.positions[head.base.triangles, 1] > 6.6).all(1)
    triangles = head.base.triangles[kept]
    # The hair rises from its line as a quarter of a circle does.
    edge = 1.2 * HAIRLINE
    bare = head.base.positions[np.unique(triangles[marks[triangles, 1] > edge])]
    inside = np.where(marks[:, 1] < edge, cKDTree(bare).query(head.base.positions)[0], 0.0)
    rise = np.clip(inside / (0.03 + 0.9 * thickness), 0, 1)
    lift = (thickness * np.sqrt(1 - (1 - rise) ** 2))[:, None].astype(np.float32)

    def outwards(base: Floats) -> Floats:
        return np.asarray(base + lift * normals(base, triangles), np.float32)

    return _base_surface(head, marks, kept, outwards)


def shells(triangles: Integers) -> NDArray[np.bool_]:
    """(triangles,) bool: is it part of a connected piece large enough to be drawn opaque?"""
    count = int(triangles.max()) + 1
    edges = triangles[:, [0, 1, 1, 2]].reshape(-1, 2).T
    graph = coo_matrix((np.ones(edges.shape[1]), edges), (count, count))
    piece = connected_components(graph, directed=False)[1][triangles[:, 0]]
    return np.asarray(np.bincount(piece)[piece] > SMALLEST_PIECE * len(triangles))


def _base_surface(
    head: Head,
    marks: Floats,
    kept: NDArray[np.bool_],
    vertices: Callable[[Floats], Floats],
) -> Surface:
    mesh = head.base
    corners, triangles = _corners(mesh.triangles[kept], mesh.triangle_uv[kept])
    source = corners[:, 0]
    return Surface(
        vertices,
        source,
        triangles,
        mesh.triangles[kept],
        mesh.positions[source],
        mesh.uv[corners[:, 1]],
        marks[source],
    )


def _corners(triangles: Integers, triangle_uv: Integers) -> tuple[Integers, Integers]:
    """The distinct pairs of vertex and texture point, and the triangles counted in them."""
    pairs = np.stack([triangles.ravel(), triangle_uv.ravel()], 1)
    corners, numbers = np.unique(pairs, axis=0, return_inverse=True)
    return corners.astype(np.int32), numbers.reshape(-1, 3).astype(np.int32)
