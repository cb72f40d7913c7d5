"""The attribute heads of a recipe: given, or fitted on labelled sounds; all calibrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from convert.contract import Calibrated
from convert.encoder import Encoder
from convert.heads import (
    Calibration,
    FittedHead,
    calibrate_choice,
    calibrate_quantity,
    fit_choice,
    fit_quantity,
)
from convert.labels import class_indices, read_labels, spans
from convert.nets.net import Floats, Net, in_batches
from convert.nets.torch_net import TorchNet
from convert.recipe import AttributeRecipe, LabelsRecipe
from convert.sounds import digest, usable
from convert.workspace import Workspace, key
from edge.errors import UsageError

SEED = 0
LONGEST_S = 6.0
"""of each labelled sound, as the paper's clips"""


@dataclass(frozen=True)
class Heads:
    """The attributes that a bundle gets."""

    nets: Mapping[str, Net]
    calibrated: tuple[Calibrated, ...]
    reports: Mapping[str, Any]
    """of those that were fitted or calibrated here: how well they do on held-out speakers"""
    made_from: Mapping[str, str]
    """of those that were fitted here: the key of the labels and features that they come from"""


@dataclass(frozen=True)
class Labelled:
    """Face features of labelled sounds."""

    features: Floats
    """`(n, dimensions)`"""
    labels: tuple[str, ...]
    speakers: np.ndarray[Any, np.dtype[np.str_]]


def fit_heads(
    wanted: tuple[AttributeRecipe, ...],
    given: Mapping[str, Net],
    encoder: Encoder,
    workspace: Workspace,
    made_from: str,
) -> Heads:
    """Take the given heads, fit the others, and calibrate where the recipe does not.

    Raises UsageError for an attribute that the recipe says too little of, or whose labels do not
    carry a head.
    """
    nets: dict[str, Net] = {}
    calibrated, reports, keys = [], {}, {}
    for recipe in wanted:
        _check(recipe)
        if recipe.name in given and recipe.temperature:
            nets[recipe.name] = given[recipe.name]
            calibrated.append(Calibrated(recipe, recipe.temperature, recipe.coverage))
            continue
        if recipe.labels is None:
            raise UsageError(
                f"The attribute {recipe.name} has no temperature and no labels. Give it a "
                "`temperature`, or `labels` to calibrate it on."
            )
        heard = _labelled(recipe.labels, encoder, workspace, made_from)
        if recipe.name in given:
            nets[recipe.name] = given[recipe.name]
            found: Calibration | FittedHead = _calibrate(recipe, given[recipe.name], heard)
        else:
            found = _fit(recipe, heard)
            example = torch.zeros(1, heard.features.shape[1])
            nets[recipe.name] = TorchNet(found.module, example)
            keys[recipe.name] = key(recipe, heard.labels, heard.speakers.tolist(), heard.features)
        calibrated.append(Calibrated(recipe, found.temperature, found.coverage))
        reports[recipe.name] = asdict(found.report)
    return Heads(nets, tuple(calibrated), reports, keys)


def _check(recipe: AttributeRecipe) -> None:
    if bool(recipe.classes) == (recipe.bins is not None):
        raise UsageError(
            f"The attribute {recipe.name} needs either `classes` (a choice) or `bins` and `unit` "
            "(a quantity)."
        )
    if recipe.bins is not None and not recipe.unit:
        raise UsageError(f"The attribute {recipe.name} is a quantity and needs a `unit`.")


def _labelled(
    recipe: LabelsRecipe, encoder: Encoder, workspace: Workspace, made_from: str
) -> Labelled:
    """The labelled sounds that carry speech, as face features."""
    rows = read_labels(recipe, Path()).rows
    paths = [row.sound for row in rows]

    def listen() -> dict[str, Any]:
        heard, _ = usable(paths, LONGEST_S)
        features = [encoder.feature(sound) for _, sound in heard]
        places = {path: place for place, path in enumerate(paths)}
        return {
            "features": np.array(features, np.float32).reshape(len(features), -1),
            "places": np.array([places[path] for path, _ in heard], np.int64),
        }

    made = workspace.arrays("labelled", key(made_from, digest(paths), LONGEST_S), listen)
    kept = [rows[place] for place in made["places"].tolist()]
    return Labelled(
        features=made["features"],
        labels=tuple(row.label for row in kept),
        speakers=np.array([row.speaker for row in kept], np.str_),
    )


def _fit(recipe: AttributeRecipe, heard: Labelled) -> FittedHead:
    if recipe.bins is None:
        labels = class_indices(heard.labels, recipe.classes)
        return fit_choice(heard.features, labels, heard.speakers, recipe.classes, SEED)
    return fit_quantity(
        heard.features,
        spans(heard.labels),
        heard.speakers,
        recipe.bins,
        SEED,
        recipe.low_quantile,
        recipe.high_quantile,
    )


def _calibrate(recipe: AttributeRecipe, net: Net, heard: Labelled) -> Calibration:
    logits = in_batches(net, heard.features)
    if recipe.bins is None:
        labels = class_indices(heard.labels, recipe.classes)
        return calibrate_choice(logits, labels, heard.speakers, recipe.classes)
    return calibrate_quantity(
        logits,
        spans(heard.labels),
        heard.speakers,
        recipe.bins,
        recipe.low_quantile,
        recipe.high_quantile,
    )
