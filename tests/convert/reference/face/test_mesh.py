from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from convert.reference.face.head import normals
from convert.reference.face.mesh import read_mesh, read_proxy, read_target
from edge.errors import UsageError

SQUARE = (
    "# a square and a triangle",
    "v 0 0 0",
    "v 1 0 0",
    "v 1 1 0",
    "v 0 1 0",
    "vt 0 0",
    "vt 1 1",
    "g body",
    "f 1/1 2/1 3/2 4/2",
    "g helper-l-eye",
    "f 1/1 2/2 3/1",
)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def test_quads_become_triangles_and_keep_their_group(tmp_path: Path) -> None:
    mesh = read_mesh(write(tmp_path / "square.obj", *SQUARE))
    assert mesh.positions.shape == (4, 3)
    assert mesh.triangles.tolist() == [[0, 1, 2], [0, 2, 3], [0, 1, 2]]
    assert mesh.triangle_uv.tolist() == [[0, 0, 1], [0, 1, 1], [0, 1, 0]]
    assert mesh.in_group("body").tolist() == [True, True, False]
    assert mesh.in_group("body", "helper-l-eye").all()


def test_a_mesh_without_faces_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no mesh"):
        read_mesh(write(tmp_path / "empty.obj", "v 0 0 0"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no file .*absent\.obj"):
        read_mesh(tmp_path / "absent.obj")


def test_a_target_is_read_plain_and_gzipped(tmp_path: Path) -> None:
    text = "# comment\n2 .5 0 -1\n3 0 0.25 0\n"
    (tmp_path / "a.target").write_text(text)
    (tmp_path / "b.target.gz").write_bytes(gzip.compress(text.encode()))
    for name in ("a.target", "b.target.gz"):
        target = read_target(tmp_path / name)
        assert target.indices.tolist() == [2, 3]
        assert target.offsets.tolist() == [[0.5, 0, -1], [0, 0.25, 0]]


def test_a_proxy_follows_the_base_mesh(tmp_path: Path) -> None:
    write(tmp_path / "hat.obj", "v 0 0 0", "v 0 0 0", "v 0 0 0", "f 1 2 3")
    proxy = read_proxy(
        write(
            tmp_path / "hat.mhclo",
            "name hat",
            "obj_file hat.obj",
            "x_scale 0 1 1.0",
            "y_scale 0 3 1.0",
            "z_scale 0 1 1.0",
            "verts 0",
            "tag among the rows",
            "1",
            " 0 1 2 0.5 0.5 0.0 0.0 0.25 0.0",
            "0 1 3 0.0 0.0 1.0 0.1 0 0",
            "delete_verts",
            "7 8 9",
        )
    )
    base = read_mesh(write(tmp_path / "square.obj", *SQUARE)).positions
    assert np.allclose(proxy.fit(base), [[1, 0, 0], [0.5, 0.25, 0], [0.1, 1, 0]])
    taller = base * np.array([2, 4, 1], np.float32)
    assert np.allclose(proxy.fit(taller), [[2, 0, 0], [1, 1, 0], [0.2, 4, 0]])


def test_a_proxy_that_does_not_fit_its_mesh_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "hat.obj", "v 0 0 0", "v 0 0 0", "v 0 0 0", "f 1 2 3")
    with pytest.raises(UsageError, match="fits 1 vertices"):
        read_proxy(write(tmp_path / "hat.mhclo", "verts 0", "1"))


def test_normals_of_a_flat_square_point_at_the_viewer(tmp_path: Path) -> None:
    mesh = read_mesh(write(tmp_path / "square.obj", *SQUARE))
    assert np.allclose(normals(mesh.positions, mesh.triangles), [[0, 0, 1]] * 4)
