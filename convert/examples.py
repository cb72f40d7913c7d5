"""What each network of a bundle sees when people speak: the inputs that set its int8 ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convert.encoder import Encoder
from convert.nets.net import Floats
from convert.recipe import SoundsRecipe
from convert.sounds import digest, find_sounds, spread, usable
from convert.workspace import Workspace, key
from edge.errors import UsageError

LONGEST_S = 30.0
"""seconds that are taken of one sound"""


@dataclass(frozen=True)
class Examples:
    """Inputs by network, in TFLite's layout."""

    features: Floats
    """of the trunk: `(windows, frames, bins, …)` as the front end makes them"""
    pooled: Floats
    """of the head: `(n, values)`"""
    faces: Floats
    """face features `(n, dimensions)`: of attributes and face decoder"""


def gather(
    encoder: Encoder, recipe: SoundsRecipe, workspace: Workspace, made_from: str
) -> tuple[Examples, str]:
    """The examples from the recipe's calibration sounds, and the key of what they come from.

    Raises UsageError when no sound can be used.
    """
    most = recipe.most_calibration
    paths = spread(find_sounds(recipe.calibration), most)
    stamp = key(made_from, digest(paths), most)

    def make() -> dict[str, Floats]:
        heard, refused = usable(paths, LONGEST_S)
        if not heard:
            raise UsageError(f"No calibration sound can be used. {refused[0]}")
        return vars(examples(encoder, [sound for _, sound in heard], most))

    return Examples(**workspace.arrays("examples", stamp, make)), stamp


def examples(encoder: Encoder, sounds: Sequence[Floats], most: int) -> Examples:
    """Run the float encoder over speech `(samples,)`, at most `most` windows, evenly from all
    sounds.

    The head sees what one window, a few, and all windows of a sound give: the first seconds of
    speech are where values are largest.
    """
    each = max(1, most // len(sounds))
    cut = [encoder.windows(sound)[:each] for sound in sounds]
    features = np.concatenate(cut)
    vectors = encoder.vectors(features)
    pooled, start = [], 0
    for of_sound in cut:
        own = vectors[start : start + len(of_sound)]
        start += len(of_sound)
        counts = sorted({1, (len(own) + 1) // 2, len(own)})
        pooled += [encoder.pool(own[:count]) for count in counts]
    inputs = np.stack(pooled)
    return Examples(features, inputs, encoder.features(inputs))
