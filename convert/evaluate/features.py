"""Face features from the voice against those of reference pictures: Tables 1 and 2 of the paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from convert.certificate.similarity import cosines
from convert.evaluate.intervals import SEED, Doubles, mean, share
from convert.evaluate.metrics import Names
from convert.evaluate.results import FeatureMoment, Retrieval, Similarity
from convert.nets.net import Floats
from edge.errors import UsageError

RANKS = (1, 2, 5, 10)


@dataclass(frozen=True)
class References:
    """Reference features by the name of their sound."""

    rows: Mapping[str, int]
    features: Floats
    """`(n, dimensions)`"""


def read_features(path: Path, dimensions: int) -> References:
    """Read an NPZ with `name` (n,), as in the table's column of files, and `feature`
    (n, dimensions). Raises UsageError.

    The names may be called `file` too, which `numpy.savez` itself cannot write.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            there = set(archive.files)
            key = "name" if "name" in there else "file"
            if not {key, "feature"} <= there:
                raise UsageError(
                    f"{path} has the arrays {', '.join(sorted(there)) or 'none'}. It needs `name`, "
                    "the files as in the table, and `feature`, one row a file."
                )
            names, features = archive[key], archive["feature"]
    except (OSError, ValueError, EOFError, TypeError, AttributeError, BadZipFile) as error:
        raise UsageError(f"The features {path} cannot be read: {error}.") from error
    if names.dtype.kind != "U" or features.shape != (names.size, dimensions) or not names.size:
        raise UsageError(
            f"{path} has {names.size} names and features of shape {features.shape}; this bundle's "
            f"faces have {dimensions} numbers, so ({names.size}, {dimensions}) is wanted."
        )
    if not np.issubdtype(features.dtype, np.number) or not np.all(np.isfinite(features)):
        raise UsageError(f"{path} has features that are not numbers. Make them again.")
    rows = {str(name): row for row, name in enumerate(names.ravel())}
    if len(rows) < names.size:
        raise UsageError(f"{path} names a file twice. Keep one row a file.")
    return References(rows, features.astype(np.float32))


def compare(heard: Floats, own: Floats, gallery: Floats, speakers: Names) -> FeatureMoment:
    """Features of sounds `(n, d)` against their own references `(n, d)`, found in `gallery`
    `(m, d)`."""
    return FeatureMoment(similarity(heard, own, speakers), retrieval(heard, own, gallery, speakers))


def similarity(heard: Floats, own: Floats, speakers: Names) -> dict[str, Similarity]:
    """Cosine and its angle, L1 and L2; the paper gives L1 and L2 of vectors of length 1."""
    other = own[partners(speakers)]
    return {
        name: Similarity(mean(mine, speakers), mean(anothers, speakers))
        for (name, mine), anothers in zip(
            _distances(heard, own).items(), _distances(heard, other).values(), strict=True
        )
    }


def _distances(a: Floats, b: Floats) -> dict[str, Doubles]:
    cosine = cosines(a, b).astype(np.float64)
    apart, unit = a - b, _unit(a) - _unit(b)
    return {
        "cosine": cosine,
        "angle": np.degrees(np.arccos(np.clip(cosine, -1, 1))),
        "L1": np.abs(apart).sum(axis=1, dtype=np.float64),
        "L2": np.sqrt(np.square(apart).sum(axis=1, dtype=np.float64)),
        "L1 unit": np.abs(unit).sum(axis=1, dtype=np.float64),
        "L2 unit": np.sqrt(np.square(unit).sum(axis=1, dtype=np.float64)),
    }


def retrieval(heard: Floats, own: Floats, gallery: Floats, speakers: Names) -> Retrieval:
    """Share of sounds whose own reference is among the K nearest of the gallery.

    References that are equal count once. One that is as far as the own counts as nearer: features
    that are all alike find nothing.
    """
    import torch

    distinct = np.unique(gallery, axis=0)
    size = len(distinct)
    found = {}
    for name, (queries, references, mine, norm) in {
        "L2": (heard, distinct, own, 2),
        "L1": (heard, distinct, own, 1),
        "cosine": (_unit(heard), _unit(distinct), _unit(own), 2),
    }.items():
        # "donot…": the fast way of matrix products loses the digits that decide ties
        far = torch.cdist(
            torch.from_numpy(queries).double(),
            torch.from_numpy(references).double(),
            p=norm,
            compute_mode="donot_use_mm_for_euclid_dist",
        ).numpy()
        at = np.linalg.norm((queries - mine).astype(np.float64), ord=norm, axis=1)
        rank = (far <= at[:, None] * (1 + 1e-6)).sum(axis=1)
        found[name] = {f"{k}": share(rank <= k, speakers) for k in RANKS}
    return Retrieval(size, {f"{k}": round(min(k / size, 1.0), 4) for k in RANKS}, found)


def partners(speakers: Names) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """For each sound the index of one of another speaker, `(n,)`; drawn by lot, seeded.

    With a single speaker everybody is their own partner.
    """
    order = np.random.default_rng(SEED).permutation(len(speakers))
    out = np.arange(len(speakers))
    for place, index in enumerate(order):
        turned = np.roll(order, -place - 1)
        others = turned[speakers[turned] != speakers[index]]
        out[index] = others[0] if others.size else index
    return out


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)
