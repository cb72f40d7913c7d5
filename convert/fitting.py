"""The attribute heads of a recipe: given, or fitted on labelled sounds; all calibrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from convert.contract import Calibrated
from convert.encoder import Encoder
from convert.net import Net
from convert.networks import Networks
from convert.recipe import AttributeRecipe
from convert.workspace import Workspace


@dataclass(frozen=True)
class Heads:
    """The attributes that a bundle gets."""

    nets: Mapping[str, Net]
    calibrated: tuple[Calibrated, ...]
    reports: Mapping[str, Any]
    """of the fitted ones: how well they did on speakers that were held out"""


def fit_heads(
    wanted: tuple[AttributeRecipe, ...],
    networks: Networks,
    encoder: Encoder,
    workspace: Workspace,
    made_from: str,
) -> Heads:
    """Take the given heads, fit the others, and calibrate where the recipe does not."""
    raise NotImplementedError
