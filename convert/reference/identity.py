"""Directions in which voices differ between speakers, and stay for one speaker.

They give each voice its own face features and hair: variety, not estimation. What the gender and
age networks read from the embedding, and what tells one corpus from another, is taken out first,
so that no axis says it again by another name. Then follows linear discriminant analysis (Fisher
1936): the directions with the most variance between speakers for the least within one, mixed by a
random rotation with a fixed seed, so that every axis is as steady as the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from convert.errors import ConvertError

Floats = npt.NDArray[np.float64]

SEED = 20_240_811
DIRECTIONS = 24
SHRINKAGE = 0.05
"""share of the mean variance added to the within-speaker covariance (Ledoit and Wolf 2004)"""


@dataclass(frozen=True)
class Voices:
    """Embeddings of several pieces of speech of each of many speakers."""

    embedding: Floats
    """`(n, dimensions)`"""
    speaker: npt.NDArray[np.str_]
    """`(n,)`"""
    explained: Floats
    """`(n, k)`: what must not show: what the heads say, corpus as 0 and 1"""

    def choose(self, mask: npt.NDArray[np.bool_]) -> Voices:
        """Those pieces where the mask `(n,)` is true."""
        return Voices(self.embedding[mask], self.speaker[mask], self.explained[mask])


@dataclass(frozen=True)
class Steadiness:
    """How far axes differ between speakers and within one, on speakers they were not fitted to."""

    speakers: int
    ratio: float
    """standard deviation between speakers over that within one, mean of the axes"""
    reliability: float
    """share of an axis' variance that is the speaker's (intraclass correlation), mean"""
    explained: float
    """share of the axes' variance that a straight line from gender, age and corpus explains"""


def identity_axes(voices: Voices, rows: int, seed: int = SEED) -> npt.NDArray[np.float32]:
    """`(rows, dimensions + 1) float32`: directions, and the offset in the last column.

    Over the speakers, each axis has mean 0 and standard deviation 1. Raises ConvertError when
    there are too few speakers.
    """
    clean = _without(voices.embedding, voices.explained)
    means, within = _by_speaker(voices.embedding @ clean, voices.speaker)
    if len(means) < 20:
        raise ConvertError(
            f"Identity axes need at least 20 speakers with two pieces of speech each; "
            f"there are {len(means)}."
        )
    basis = _basis(clean)
    directions = basis @ _discriminants(means @ basis, basis.T @ within @ basis)
    mixed = directions @ _rotation(directions.shape[1], rows, seed).T
    scores = means @ mixed
    mixed /= scores.std(axis=0)
    axes = (clean @ mixed).T
    offset = -(means @ mixed).mean(axis=0)
    return np.concatenate([axes, offset[:, None]], axis=1).astype(np.float32)


def steadiness(axes: npt.NDArray[np.float32], voices: Voices) -> Steadiness:
    """Measure axes on other speakers."""
    scores = voices.embedding @ axes[:, :-1].T.astype(np.float64) + axes[:, -1]
    means, within = _by_speaker(scores, voices.speaker)
    inside = np.diag(within)
    # the mean of a few pieces still carries a part of the variance within
    counts = np.unique(voices.speaker, return_counts=True)[1]
    share = float(np.mean(1 / counts[counts > 1]))
    between = np.maximum(means.var(axis=0, ddof=1) - inside * share, 0)
    centred = scores - scores.mean(axis=0)
    regressors = _centred(voices.explained)
    fitted = regressors @ np.linalg.lstsq(regressors, centred, rcond=None)[0]
    return Steadiness(
        speakers=len(means),
        ratio=float(np.mean(np.sqrt(between / inside))),
        reliability=float(np.mean(between / (between + inside))),
        explained=float(fitted.var(axis=0).sum() / centred.var(axis=0).sum()),
    )


def _without(embedding: Floats, explained: Floats) -> Floats:
    """The projection `(dimensions, dimensions)` onto what the regressors do not explain."""
    slopes = np.linalg.lstsq(_centred(explained), _centred(embedding), rcond=None)[0]
    _, sizes, directions = np.linalg.svd(slopes, full_matrices=False)
    found = directions[sizes > 1e-6 * max(float(sizes.max(initial=0.0)), 1e-30)]
    return np.eye(embedding.shape[1]) - found.T @ found


def _basis(projection: Floats) -> Floats:
    """An orthonormal basis of what a projection keeps, `(dimensions, kept)`."""
    values, vectors = np.linalg.eigh(projection)
    return np.asarray(vectors[:, values > 0.5])


def _by_speaker(values: Floats, speaker: npt.NDArray[np.str_]) -> tuple[Floats, Floats]:
    """Speakers' means, of those with two pieces or more, and the covariance within speakers."""
    _, place, counts = np.unique(speaker, return_inverse=True, return_counts=True)
    sums = np.zeros((len(counts), values.shape[1]))
    np.add.at(sums, place, values)
    means = sums / counts[:, None]
    several = counts > 1
    rest = (values - means[place])[several[place]]
    freedom = max(int((counts[several] - 1).sum()), 1)
    return means[several], rest.T @ rest / freedom


def _discriminants(means: Floats, within: Floats) -> Floats:
    """The best directions as columns, each with standard deviation 1 between speakers."""
    size = len(within)
    within = within + SHRINKAGE * np.trace(within) / size * np.eye(size)
    values, vectors = np.linalg.eigh(within)
    whiten = vectors / np.sqrt(values)
    between, found = np.linalg.eigh(np.cov(whiten.T @ means.T))
    best = np.argsort(between)[::-1][: min(DIRECTIONS, size, len(means) - 1)]
    directions = whiten @ found[:, best] / np.sqrt(between[best])
    # the sign of an eigenvector is arbitrary: fix it
    largest = np.abs(directions).argmax(axis=0)
    return np.asarray(directions * np.sign(directions[largest, range(directions.shape[1])]))


def _rotation(columns: int, rows: int, seed: int) -> Floats:
    """Random unit rows, `(rows, columns)`, at right angles as far as the columns reach."""
    chance = np.random.default_rng(seed)
    blocks = [
        np.linalg.qr(chance.normal(size=(columns, columns)))[0] for _ in range(-(-rows // columns))
    ]
    return np.concatenate(blocks)[:rows]


def _centred(values: Floats) -> Floats:
    return np.asarray(values - values.mean(axis=0), np.float64)


def read_voices(
    columns: Mapping[str, npt.NDArray[np.generic]], said: Floats, parts: tuple[str, ...]
) -> Voices:
    """Voices from the columns of `embeddings.npz`, of the named parts of the split.

    `said`: `(n, k)`, what the heads say of each embedding. Corpora whose speakers are unknown
    count for what tells corpora apart, and not as speakers: each of their clips is its own.
    """
    corpus = columns["corpus"]
    names = np.unique(corpus)[1:]
    explained = np.concatenate([said, corpus[:, None] == names], axis=1, dtype=np.float64)
    whole = Voices(
        columns["embedding"].astype(np.float64), columns["speaker"].astype(np.str_), explained
    )
    return whole.choose(np.isin(columns["part"], parts))
