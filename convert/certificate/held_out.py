"""Speech that the quantizer does not see, for the certificate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from convert.encoder import Encoder
from convert.nets.net import Floats
from convert.recipe import SoundsRecipe
from convert.sounds import find_sounds, spread, usable
from edge.errors import UsageError
from edge.voice.vocal_tract import VocalTract


@dataclass(frozen=True)
class HeldOut:
    """Sounds as features, and what is measured in them beside."""

    features: tuple[Floats, ...]
    """of each sound, `(windows, frames, bins, …)`"""
    tracts_cm: tuple[float | None, ...]
    """apparent vocal tract lengths"""
    refused: tuple[str, ...]
    """a sentence for each file that could not be used"""


def held_out(encoder: Encoder, recipe: SoundsRecipe) -> HeldOut:
    """The recipe's held-out sounds. Raises UsageError when fewer than two can be used, or one is
    also a calibration sound."""
    paths = find_sounds(recipe.held_out)
    both = set(paths) & set(find_sounds(recipe.calibration))
    if both:
        raise UsageError(
            f"{min(both)} is named for calibration and as held out. The certificate would "
            "flatter the bundle: name different sounds."
        )
    heard, refused = usable(spread(paths, recipe.most_held_out), recipe.seconds)
    if len(heard) < 2:
        why = f" {refused[0]}" if refused else ""
        raise UsageError(f"Only {len(heard)} held-out sound can be used; 2 are needed.{why}")
    return HeldOut(
        features=tuple(encoder.windows(sound) for _, sound in heard),
        tracts_cm=tuple(_tract_cm(sound) for _, sound in heard),
        refused=tuple(refused),
    )


def _tract_cm(sound: Floats) -> float | None:
    tract = VocalTract()
    for start in range(0, sound.size, 16000):
        tract.push(np.asarray(sound[start : start + 16000]))
    return tract.length_cm
