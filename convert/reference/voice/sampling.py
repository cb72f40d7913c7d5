"""How often each utterance is heard in training: no corpus, gender or age drowns the others."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import numpy.typing as npt

from convert.reference.voice.labels import GENDERS, IGNORED, gender_class
from convert.reference.voice.prepare import Utterance

CORPUS_SHARES = {
    "commonvoice_61": 0.41,
    "commonvoice_v1": 0.26,
    "librispeech": 0.08,
    "speechocean762": 0.13,
}
CHILD_SHARE = 0.12
IGNORED_SHARE = 0.02
"""of a corpus: utterances whose gender trains nothing"""


def sampling_weights(utterances: list[Utterance]) -> npt.NDArray[np.float64]:
    """Probability of each utterance, `(utterances,)`, summing to one.

    Women and men of a corpus get the same share; within it an age group gets a share in
    proportion to the square root of its size, half way between as found and all alike.
    """
    groups = [(u.corpus, gender_class(u), _age_group(u)) for u in utterances]
    sizes = Counter(groups)
    roots: defaultdict[tuple[str, int], float] = defaultdict(float)
    for (corpus, gender, _), size in sizes.items():
        roots[corpus, gender] += size**0.5
    weights = np.array(
        [
            _share(corpus, gender) / roots[corpus, gender] / sizes[corpus, gender, age] ** 0.5
            for corpus, gender, age in groups
        ]
    )
    return weights / weights.sum()


def _share(corpus: str, gender: int) -> float:
    if gender == GENDERS.index("child"):
        return CHILD_SHARE
    whole = CORPUS_SHARES[corpus]
    return whole * (IGNORED_SHARE if gender == IGNORED else (1 - IGNORED_SHARE) / 2)


def _age_group(utterance: Utterance) -> int:
    return -1 if utterance.age is None else int(utterance.age[0] // 10)
