"""Multinomial logistic regression with an L2 penalty, towards classes or distributions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

Doubles = npt.NDArray[np.float64]
Linear = tuple[Doubles, Doubles]
"""weights `(k, d)` and biases `(k,)`"""

PENALTIES = (10.0, 1.0, 0.1, 0.01, 1e-3, 1e-4)
"""weights of half the squared norm, beside the mean cross-entropy; strongest first"""
ITERATIONS = 100
NEGLIGIBLE = 1e-6
"""of the largest standard deviation: what varies less is taken to be constant"""


@dataclass(frozen=True)
class Scale:
    """Mean and spread of each feature; constant features get no weight."""

    mean: Doubles
    inverse: Doubles
    """1 / standard deviation, 0 for what is constant"""

    def __call__(self, features: Doubles) -> Doubles:
        return (features - self.mean) * self.inverse


def scale_of(features: Doubles) -> Scale:
    """The scale that standardises `(n, d)` features."""
    spread = features.std(axis=0)
    varies = spread > NEGLIGIBLE * spread.max()
    return Scale(features.mean(axis=0), np.where(varies, 1 / np.where(varies, spread, 1), 0))


def narrowed(rows: Doubles) -> tuple[Doubles, Doubles]:
    """The same rows in the space that they span, and the way back `(r, d)`.

    With an L2 penalty the weights lie in that space: nothing is lost, and few speakers with long
    features are fitted fast.
    """
    count, width = rows.shape
    if width <= count:
        return rows, np.eye(width)
    _, _, back = np.linalg.svd(rows, full_matrices=False)
    return rows @ back.T, back


def choose_penalty(features: Doubles, targets: Doubles, folds: npt.NDArray[np.int64]) -> float:
    """The penalty of the lowest cross-entropy on folds that were left out.

    `features` `(n, d)` standardised, `targets` `(n, k)` distributions, `folds` `(n,)`. From the
    strongest on, until a weaker one is worse.
    """
    lowest, chosen = np.inf, PENALTIES[0]
    ends: dict[int, Linear | None] = dict.fromkeys(np.unique(folds).tolist())
    for penalty in PENALTIES:
        loss = 0.0
        for fold, start in ends.items():
            mine, rest = folds != fold, folds == fold
            weights, bias = regress(features[mine], targets[mine], penalty, start)
            ends[fold] = weights, bias
            loss += cross_entropy(features[rest] @ weights.T + bias, targets[rest]) * rest.sum()
        if loss > lowest:
            break
        lowest, chosen = loss, penalty
    return chosen


def regress(
    features: Doubles, targets: Doubles, penalty: float, start: Linear | None = None
) -> Linear:
    """Weights `(k, d)` and biases `(k,)` of the head.

    Minimises mean cross-entropy + penalty/2 · |weights|² by L-BFGS; the bias is free.
    """
    inputs, wanted = torch.from_numpy(features), torch.from_numpy(targets)
    if start is None:
        often = np.log(targets.mean(axis=0) + 1e-6)
        start = np.zeros((targets.shape[1], features.shape[1])), often
    weights, bias = (torch.from_numpy(part).clone().requires_grad_() for part in start)
    optimizer = torch.optim.LBFGS(
        (weights, bias),
        max_iter=ITERATIONS,
        tolerance_grad=1e-6,
        tolerance_change=1e-9,
        line_search_fn="strong_wolfe",
    )

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        fit = functional.cross_entropy(functional.linear(inputs, weights, bias), wanted)
        total = fit + penalty / 2 * weights.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return weights.detach().numpy(), bias.detach().numpy()


def cross_entropy(logits: Doubles, targets: Doubles) -> float:
    """Mean cross-entropy of `(n, k)` logits against distributions."""
    logits = logits - logits.max(axis=1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return float(-(targets * log_p).sum(axis=1).mean())
