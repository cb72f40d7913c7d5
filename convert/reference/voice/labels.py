"""What the network is asked for: a gender class and a distribution over ages."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from convert.reference.voice.corpora import Recording
from convert.reference.voice.prepare import Utterance

GENDERS = ("female", "male", "child")
"""A child's voice tells no gender, so children are a class of their own."""
IGNORED = -1

CHILD_BELOW = 15.0
ADULT_FROM = 18.0
"""years; between the two a voice may be either, and trains no gender class"""

AGE_FROM, AGE_STEP, AGE_BINS = 5.0, 2.5, 34
AGE_EDGES = AGE_FROM + AGE_STEP * np.arange(AGE_BINS + 1)
"""`(35,) float64`, years"""

CROWD_SOURCED = ("commonvoice_61", "commonvoice_v1")
"""Corpora whose labels nobody checked."""
HIGHEST_MALE_HZ, LOWEST_FEMALE_HZ = 185.0, 150.0


def is_child(recording: Recording) -> bool:
    """Whether an exact age says that this is a child."""
    return recording.age is not None and recording.age[1] <= CHILD_BELOW


def is_adult(recording: Recording) -> bool:
    """Whether this is an adult: by declared age, or reading for a corpus of adults."""
    if recording.age is None:
        return True
    return recording.age[0] >= ADULT_FROM


def gender_class(recording: Recording) -> int:
    """Index into GENDERS, or IGNORED where the recording should not teach a gender."""
    if is_child(recording):
        return GENDERS.index("child")
    if recording.age is not None and recording.age[1] <= ADULT_FROM:
        return IGNORED
    return GENDERS.index(recording.gender) if recording.gender in GENDERS[:2] else IGNORED


def is_doubtful(utterance: Utterance) -> bool:
    """Whether the pitch contradicts a gender that was declared by the speaker and never checked.

    Some such speakers are who they say; as teachers, and as a yardstick, they are unsafe.
    """
    if utterance.corpus not in CROWD_SOURCED or utterance.pitch_hz == 0:
        return False
    if utterance.gender == "male":
        return utterance.pitch_hz > HIGHEST_MALE_HZ
    return utterance.gender == "female" and utterance.pitch_hz < LOWEST_FEMALE_HZ


def age_target(age: tuple[float, float] | None) -> npt.NDArray[np.float32]:
    """The distribution over the age bins that [from, below) years asks for, `(34,) float32`.

    Evenly spread over the interval, then blurred (Gaussian) by 1.5 years or a quarter of the
    interval, whichever is more: a decade is a coarse label, and its border no wall. All zero
    where the age is not known.
    """
    if age is None:
        return np.zeros(AGE_BINS, np.float32)
    low, below = age
    blur = max(1.5, (below - low) / 4)
    centres = np.linspace(low, below, 21)
    scaled = (AGE_EDGES[:, None] - centres) / (blur * math.sqrt(2))
    below_edge = 0.5 * (1 + np.vectorize(math.erf)(scaled)).mean(axis=1)
    mass = np.diff(below_edge)
    return (mass / mass.sum()).astype(np.float32)
