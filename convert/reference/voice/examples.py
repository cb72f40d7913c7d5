"""What the recipe needs from the speakers of the voice model.

`embeddings.npz`: embeddings of three-second crops with who spoke them, from which the directions
are found in which voices differ between speakers more than within one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from convert.reference.voice.labels import GENDERS, gender_class
from convert.reference.voice.prepare import SAMPLE_RATE, Speech
from convert.reference.voice.trials import LONGEST_S, Floats, Network, cut, windows_for

CROP_S, CROPS = 3, 3


def embeddings(
    speech: Speech, parts: Mapping[str, list[int]], networks: Mapping[str, Network]
) -> dict[str, npt.NDArray[np.generic]]:
    """Up to three crops of three seconds of every utterance; shorter utterances give one.

    Arrays with one row a crop: `embedding` (256), `speaker`, `corpus`, `gender` (declared),
    `gender_class` (index into female, male, child, or −1), `age_from`, `age_below` (years, nan
    where unknown), `seconds`, `part` (train, calibration, test).
    """
    count = windows_for(CROP_S)
    rows: list[tuple[object, ...]] = []
    pooled: list[Floats] = []
    for part, indices in parts.items():
        for index in indices:
            windows = cut(speech[index][: LONGEST_S * SAMPLE_RATE])
            if not windows:
                continue
            vectors = networks["trunk"](np.stack(windows))
            utterance = speech.utterances[index]
            low, below = utterance.age or (np.nan, np.nan)
            # Crops overlap by at most half of themselves.
            starts = range(0, max(1, len(vectors) - count + 1), count // 2 + 1)
            for start in starts[:CROPS]:
                crop = vectors[start : start + count]
                pooled.append(crop.mean(axis=0))
                rows.append(
                    (
                        utterance.speaker, utterance.corpus, utterance.gender,
                        gender_class(utterance), low, below, 0.5 * (len(crop) + 1), part,
                    )
                )  # fmt: skip
    names = (
        *("speaker", "corpus", "gender", "gender_class"),
        *("age_from", "age_below", "seconds", "part"),
    )
    columns = {
        name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    return {"embedding": networks["head"](np.stack(pooled)), **columns}


def write_examples(
    speech: Speech, parts: Mapping[str, list[int]], networks: Mapping[str, Network], work: Path
) -> None:
    """Write the file into `work`."""
    columns = embeddings(speech, parts, networks)
    columns["genders"] = np.array(GENDERS)
    np.savez_compressed(work / "embeddings.npz", **columns)
