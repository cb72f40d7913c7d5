"""When is it another voice? A threshold for `edge.voice.person`, from the calibration sounds.

Each recording is taken for one speaker, and different recordings for different ones: the first
windows of a recording are compared with its last, and with the last of others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convert.encoder import Encoder
from convert.nets.net import Floats
from convert.recipe import SoundsRecipe
from convert.sounds import digest, find_sounds, spread, usable
from convert.workspace import Workspace, key

LONGEST_S = 8.0
FEWEST, MOST = 20, 400
"""recordings that are long enough, and that are listened to"""
WANTED_S = 2.5
"""of the stretch that is compared"""
FALSE_ALARMS = 0.02
"""of comparisons within one recording; two in a row are needed"""


@dataclass(frozen=True)
class Change:
    """What the board needs to tell voices apart."""

    mean: Floats
    """`(dimensions,)`"""
    windows: int
    threshold: float
    false_alarms: float
    found: float


def learn_change(
    encoder: Encoder, recipe: SoundsRecipe, workspace: Workspace, made_from: str
) -> Change | None:
    """The threshold for this encoder; None where fewer than FEWEST sounds are long enough."""
    paths = spread(find_sounds(recipe.calibration), MOST)
    later_s = max(0.0, WANTED_S - encoder.window_samples / 16000)
    windows = 1 + round(later_s * 16000 / encoder.hop_samples)

    def make() -> dict[str, Floats]:
        heard, _ = usable(paths, LONGEST_S)
        halves = [_halves(encoder, sound, windows) for _, sound in heard]
        return {"halves": np.stack([each for each in halves if each is not None] or [[]])}

    halves = workspace.arrays("change", key(made_from, digest(paths), windows), make)["halves"]
    return change(halves, windows) if len(halves) >= FEWEST else None


def change(halves: Floats, windows: int) -> Change:
    """From face features `(recordings, 2, dimensions)` of the first and last windows."""
    mean = np.asarray(halves.mean(axis=(0, 1)), np.float32)
    first, last = np.moveaxis(halves - mean, 1, 0)
    lengths = np.outer(np.linalg.norm(first, axis=1), np.linalg.norm(last, axis=1))
    likeness = first @ last.T / np.maximum(lengths, 1e-12)
    same, others = np.diag(likeness), likeness[~np.eye(len(likeness), dtype=bool)]
    threshold = float(np.clip(np.quantile(same, FALSE_ALARMS), -1, 1))
    return Change(
        mean=mean,
        windows=windows,
        threshold=round(threshold, 4),
        false_alarms=round(float(np.mean(same < threshold)), 4),
        found=round(float(np.mean(others < threshold)), 4),
    )


def _halves(encoder: Encoder, sound: Floats, windows: int) -> Sequence[Floats] | None:
    """Face features of the first and of the last windows; None where they would overlap."""
    apart = 2 * windows + round(encoder.window_samples / encoder.hop_samples) - 1
    if sound.size < encoder.window_samples + (apart - 1) * encoder.hop_samples:
        return None
    vectors = encoder.vectors(encoder.windows(sound))
    pooled = np.stack([encoder.pool(vectors[:windows]), encoder.pool(vectors[-windows:])])
    return list(encoder.features(pooled))
