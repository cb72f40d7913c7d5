"""How long vocal tracts measure in the corpora: what the face's size is compared with.

The board measures the same way, so that what matters here is not the anatomical length but what
`edge.voice.vocal_tract` makes of women, men and children.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from convert.reference.voice.corpora import WITHOUT_SPEAKERS
from convert.reference.voice.labels import GENDERS, IGNORED, gender_class, is_doubtful
from convert.reference.voice.prepare import Speech
from edge.voice.vocal_tract import VocalTract


def measure_tracts(speech: Speech) -> dict[str, dict[str, Any]]:
    """By class: how many speakers, their median length and its spread, in cm.

    The spread is the standard deviation of a normal distribution with the same quartiles.
    Doubtful labels are left out, and so are speakers of whom too little is voiced.
    """
    from rich.progress import track

    speakers: defaultdict[tuple[int, str], VocalTract] = defaultdict(VocalTract)
    for index, utterance in enumerate(track(speech.utterances, "Vocal tracts")):
        gender = gender_class(utterance)
        if gender == IGNORED or is_doubtful(utterance):
            continue
        alone = utterance.corpus in WITHOUT_SPEAKERS
        name = utterance.file if alone else utterance.speaker
        speakers[gender, name].push(speech[index])
    out: dict[str, dict[str, Any]] = {}
    for index, name in enumerate(GENDERS):
        lengths = [
            tract.length_cm
            for (gender, _), tract in speakers.items()
            if gender == index and tract.length_cm is not None
        ]
        if lengths:
            low, middle, high = np.quantile(lengths, [0.25, 0.5, 0.75])
            out[name] = {
                "speakers": len(lengths),
                "median_cm": round(float(middle), 2),
                "deviation_cm": round(float((high - low) / 1.349), 2),
            }
    return out
