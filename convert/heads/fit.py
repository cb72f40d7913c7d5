"""A linear head on the face feature, with its regularisation chosen and its answers calibrated.

Speakers are dealt into five folds. Four choose the penalty by leaving one out in turn, then fit
the head; the fifth calibrates it, and says how well it does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from convert.heads.bins import check_interval, targets
from convert.heads.calibrate import (
    ChoiceReport,
    Doubles,
    Ints,
    Names,
    QuantityReport,
    choice_calibration,
    quantity_calibration,
)
from convert.heads.regression import choose_penalty, narrowed, regress, scale_of
from convert.heads.speakers import (
    HELD_OUT,
    check_classes,
    check_sounds,
    check_varies,
    speaker_folds,
)
from edge.inference.manifest import Bins

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FittedHead:
    """A head that was fitted and calibrated."""

    module: nn.Linear
    """face feature `(n, d)` → logits `(n, classes or bins)`"""
    temperature: float
    coverage: float
    """share of speakers in a quantity's interval, measured; 0 for a choice"""
    penalty: float
    """of the weights' squared norm, chosen"""
    fitted_on: int
    """sounds"""
    report: ChoiceReport | QuantityReport
    """on the speakers that were held out"""


def fit_choice(
    features: Floats, labels: Ints, speakers: Names, classes: tuple[str, ...], seed: int
) -> FittedHead:
    """Multinomial logistic regression from features `(n, d)` to classes.

    `labels` `(n,)` are places in `classes`; `speakers` `(n,)` names. Raises UsageError where
    nothing can be fitted on them.
    """
    check_sounds(features, speakers)
    check_varies(features)
    check_classes(labels, speakers, classes)
    folds = speaker_folds(speakers, labels.astype(np.float64), seed)
    module, penalty = _fit(features, np.eye(len(classes))[labels], folds)
    rest = folds == HELD_OUT
    found = choice_calibration(
        _logits(module, features[rest]), labels[rest], speakers[rest], classes
    )
    fitted_on = int((~rest).sum())
    return FittedHead(module, found.temperature, 0.0, penalty, fitted_on, found.report)


def fit_quantity(
    features: Floats,
    spans: Doubles,
    speakers: Names,
    bins: Bins,
    seed: int,
    low_quantile: float = 0.1,
    high_quantile: float = 0.9,
) -> FittedHead:
    """A linear softmax from features `(n, d)` over equal bins of a quantity.

    `spans` `(n, 2)` [from, below): what the labels say (`convert.labels.spans`). The interval from
    `low_quantile` to `high_quantile` is made to cover what it claims. Raises UsageError where
    nothing can be fitted on them.
    """
    check_interval(low_quantile, high_quantile)
    check_sounds(features, speakers)
    check_varies(features)
    spans = np.asarray(spans, np.float64)
    wanted = targets(spans, bins)
    folds = speaker_folds(speakers, spans.mean(axis=1), seed)
    module, penalty = _fit(features, wanted, folds)
    rest = folds == HELD_OUT
    shares = (low_quantile, high_quantile)
    logits = _logits(module, features[rest])
    found = quantity_calibration(logits, spans[rest], speakers[rest], bins, shares)
    fitted_on = int((~rest).sum())
    return FittedHead(module, found.temperature, found.coverage, penalty, fitted_on, found.report)


def _fit(features: Floats, wanted: Doubles, folds: Ints) -> tuple[nn.Linear, float]:
    """The head, fitted on all folds but the one held out, with the standardisation inside."""
    mine = folds != HELD_OUT
    given = features[mine].astype(np.float64)
    scale = scale_of(given)
    rows, back = narrowed(scale(given))
    penalty = choose_penalty(rows, wanted[mine], folds[mine])
    weights, bias = regress(rows, wanted[mine], penalty)
    weights = (weights @ back) * scale.inverse
    module = nn.Linear(features.shape[1], wanted.shape[1])
    with torch.no_grad():
        module.weight.copy_(torch.from_numpy(weights))
        module.bias.copy_(torch.from_numpy(bias - weights @ scale.mean))
    return module.eval().requires_grad_(False), penalty


def _logits(module: nn.Linear, features: Floats) -> Doubles:
    return np.asarray(module(torch.from_numpy(features)).numpy(), np.float64)
