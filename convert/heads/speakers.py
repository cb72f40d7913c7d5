"""Speakers stay on one side of a split, and what no head can be fitted on is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from edge.errors import UsageError

FOLDS = 5
"""one of them is held out for the calibration, the others choose the penalty"""
HELD_OUT = 0
LEAST_SPEAKERS, LEAST_PER_CLASS = 10, 3


def speaker_folds(
    speakers: npt.NDArray[np.str_], order: npt.NDArray[np.float64], seed: int
) -> npt.NDArray[np.int64]:
    """The fold of each sound, `(n,)`: a speaker's sounds share one, and labels are spread evenly.

    `order` `(n,)` is a class index or a quantity; a speaker has the mean of theirs.
    """
    names, places = np.unique(speakers, return_inverse=True)
    means = np.bincount(places, order) / np.bincount(places)
    lots = np.random.default_rng(seed).permutation(len(names))
    ranks = np.empty(len(names), np.int64)
    ranks[np.lexsort((lots, means))] = np.arange(len(names))
    return np.asarray(ranks[places] % FOLDS)


def check_sounds(values: npt.NDArray[np.floating[Any]], speakers: npt.NDArray[np.str_]) -> None:
    """Raise UsageError where features or logits `(n, d)` cannot be used, or speakers are few."""
    if values.ndim != 2 or len(values) != len(speakers):
        raise UsageError(
            f"There are features of shape {values.shape} for {len(speakers)} sounds: one row "
            "per sound is needed."
        )
    broken = int((~np.isfinite(values).all(axis=1)).sum())
    if broken:
        raise UsageError(
            f"The network gave infinite or no numbers (NaN) for {broken} of {len(values)} sounds. "
            "Check the checkpoint and its front end."
        )
    count = len(np.unique(speakers))
    if count < LEAST_SPEAKERS:
        raise UsageError(
            f"There are {count} labelled speakers; at least {LEAST_SPEAKERS} are needed to fit "
            "and to calibrate. Label more."
        )


def check_varies(features: npt.NDArray[np.floating[Any]]) -> None:
    """Raise UsageError where every sound has the same features."""
    if not (np.ptp(features, axis=0) > 0).any():
        raise UsageError(
            "The face feature is the same for every sound. Check the checkpoint and its front end."
        )


def check_classes(
    labels: npt.NDArray[np.int64], speakers: npt.NDArray[np.str_], classes: tuple[str, ...]
) -> None:
    """Raise UsageError where labels are not among the classes, or a class has few speakers."""
    if labels.shape != speakers.shape:
        raise UsageError(f"There are {len(labels)} labels for {len(speakers)} sounds.")
    if len(classes) < 2:
        raise UsageError("A choice needs at least two classes.")
    outside = sorted({int(label) for label in labels} - set(range(len(classes))))
    if outside:
        raise UsageError(
            f"Labels are places in the classes, 0…{len(classes) - 1}. Found: "
            f"{', '.join(map(str, outside))}."
        )
    counts = [len(np.unique(speakers[labels == place])) for place in range(len(classes))]
    if sum(count > 0 for count in counts) == 1:
        raise UsageError(
            f"Every speaker is of the class '{classes[int(np.argmax(counts))]}'. Label speakers "
            "of another one."
        )
    few = [f"'{classes[place]}' has {n}" for place, n in enumerate(counts) if n < LEAST_PER_CLASS]
    if few:
        raise UsageError(
            f"Each class needs at least {LEAST_PER_CLASS} speakers: {', '.join(few)}. Label more, "
            "or leave the class out."
        )
