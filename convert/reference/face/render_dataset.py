"""Draw many faces: numbered shards of parameters, pictures and measures.

Every shard has a seed of its own, so a run that was stopped goes on where it was, and any number
of processes draw the same faces. Two thirds of the faces come in pairs: one at rest and the same
one with an expression, so that a decoder learns what mouth and eyelids do on every skin.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert.reference.face.parameters import EXPRESSIONS, sample_expression, sample_face

SHARD = 200
_EXPRESSIVE = 2 / 3


def shard_path(work: Path, number: int) -> Path:
    """Where shard `number` lies below the work folder."""
    return work / "faces" / f"shard-{number:04d}.npz"


def sample_shard(seed: int, number: int, count: int = SHARD) -> NDArray[np.float32]:
    """Parameters (count, 46) of a shard's faces."""
    rng = np.random.default_rng([seed, number])
    vectors: list[NDArray[np.float32]] = []
    while len(vectors) < count:
        face = sample_face(rng)
        vectors.append(face)
        if rng.random() < _EXPRESSIVE:
            vectors.append(sample_expression(face, rng))
    return np.stack(vectors[:count])


def render_dataset(
    head_parts: Path, work: Path, faces: int, seed: int = 0, processes: int = 1, size: int = 128
) -> list[Path]:
    """Draw at least `faces` faces into shards below `work`; shows progress. Returns all paths."""
    from rich.progress import Progress

    shards = range(-(-faces // SHARD))
    paths = [shard_path(work, number) for number in shards]
    paths[0].parent.mkdir(parents=True, exist_ok=True)
    todo = [
        (head_parts, path, seed, number, size)
        for number, path in zip(shards, paths, strict=True)
        if not path.exists()
    ]
    with Progress() as progress:
        bar = progress.add_task("Drawing faces", total=len(paths) * SHARD)
        progress.advance(bar, (len(paths) - len(todo)) * SHARD)
        if processes == 1:
            done: Iterator[None] = map(_render_shard, todo)
            for _ in done:
                progress.advance(bar, SHARD)
        else:
            # A fresh process each: an OpenGL context does not survive a fork.
            with multiprocessing.get_context("spawn").Pool(processes) as pool:
                for _ in pool.imap_unordered(_render_shard, todo):
                    progress.advance(bar, SHARD)
    return paths


def load_shards(paths: list[Path]) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Parameters (faces, 46) float32 and pictures (faces, size, size, 3) uint8 of shards."""
    parameters, pictures = [], []
    for path in paths:
        with np.load(path) as shard:
            parameters.append(shard["parameters"])
            pictures.append(shard["pictures"])
    return np.concatenate(parameters), np.concatenate(pictures)


def load_measures(paths: list[Path]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Parameters (faces, 46) and measures (faces, 7) of the faces at rest."""
    parameters, measures = [], []
    for path in paths:
        with np.load(path) as shard:
            rest = (shard["parameters"][:, EXPRESSIONS] == 0).all(1)
            parameters.append(shard["parameters"][rest])
            measures.append(shard["measures"][rest])
    return np.concatenate(parameters), np.concatenate(measures)


_renderers: dict[tuple[Path, int], object] = {}


def _render_shard(job: tuple[Path, Path, int, int, int]) -> None:
    from convert.reference.face.renderer import Renderer

    head_parts, path, seed, number, size = job
    renderer = _renderers.get((head_parts, size))
    if not isinstance(renderer, Renderer):
        renderer = _renderers[head_parts, size] = Renderer.from_files(head_parts, size)
    parameters = sample_shard(seed, number)
    pictures = np.stack([renderer.render(vector) for vector in parameters])
    measures = np.stack([renderer.measures(vector) for vector in parameters])
    partial = path.with_suffix(".partial.npz")
    np.savez_compressed(partial, parameters=parameters, pictures=pictures, measures=measures)
    partial.rename(path)
