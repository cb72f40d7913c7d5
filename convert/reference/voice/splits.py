"""Who is trained on, who calibrates, and who tests: by speaker, within each corpus.

A corpus without speaker ids is split by clusters of similar voices, so that two clips of one
voice do not end up on both sides. The clusters are made for that alone: they name nobody.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from convert.reference.voice.corpora import WITHOUT_SPEAKERS
from convert.reference.voice.labels import is_child
from convert.reference.voice.prepare import Utterance

TEST, CALIBRATION = 0.12, 0.08
"""Shares of the speakers of each corpus."""
SAME_VOICE = 0.8
"""Cosine between teacher embeddings from which two clips are put in one cluster."""


def split(
    utterances: list[Utterance], embeddings: npt.NDArray[np.float32], seed: int = 7
) -> dict[str, list[int]]:
    """Indices of the utterances for "train", "calibration" and "test".

    `embeddings`: the teacher's, `(utterances, 256) float32`, unit length.
    """
    voices = group_by_voice(utterances, embeddings)
    members: defaultdict[str, list[int]] = defaultdict(list)
    for index, voice in enumerate(voices):
        members[voice].append(index)
    strata: defaultdict[tuple[str, bool], list[str]] = defaultdict(list)
    for voice, indices in members.items():
        first = utterances[indices[0]]
        strata[first.corpus, is_child(first)].append(voice)
    parts: dict[str, list[int]] = {"train": [], "calibration": [], "test": []}
    chance = np.random.default_rng(seed)
    for _, names in sorted(strata.items()):
        order = chance.permutation(sorted(names))
        count = sum(len(members[name]) for name in names)
        taken = 0
        for name in order:
            part = (
                "test"
                if taken < TEST * count
                else "calibration"
                if taken < (TEST + CALIBRATION) * count
                else "train"
            )
            parts[part] += members[name]
            taken += len(members[name])
    return {part: sorted(indices) for part, indices in parts.items()}


def group_by_voice(utterances: list[Utterance], embeddings: npt.NDArray[np.float32]) -> list[str]:
    """One name per utterance: its speaker's, or its cluster's in a corpus without speakers."""
    from sklearn.cluster import AgglomerativeClustering

    names = [utterance.speaker for utterance in utterances]
    loose = [i for i, u in enumerate(utterances) if u.corpus in WITHOUT_SPEAKERS]
    if len(loose) < 2:
        return names
    # English speakers of the sibling corpus may be the same people: cluster them along.
    known: defaultdict[str, list[int]] = defaultdict(list)
    for index, utterance in enumerate(utterances):
        if utterance.corpus == "commonvoice_61" and utterance.accent == "en":
            known[utterance.speaker].append(index)
    means = [embeddings[indices].mean(axis=0) for indices in known.values()]
    vectors = (
        np.concatenate([embeddings[loose], np.reshape(means, (len(means), -1))])
        if means
        else embeddings[loose]
    )
    clusters = AgglomerativeClustering(
        n_clusters=None, distance_threshold=1 - SAME_VOICE, metric="cosine", linkage="average"
    ).fit_predict(vectors)
    for index, cluster in zip(loose, clusters, strict=False):
        names[index] = f"voice-{cluster}"
    for speaker, cluster in zip(known, clusters[len(loose) :], strict=True):
        for index in known[speaker]:
            names[index] = f"voice-{cluster}"
    return names


def save_split(parts: dict[str, list[int]], work: Path) -> None:
    """Write the split into `work`, beside the utterances that it indexes."""
    (work / "split.json").write_text(json.dumps(parts))


def load_split(work: Path) -> dict[str, list[int]]:
    """What `save_split` wrote."""
    parts: dict[str, list[int]] = json.loads((work / "split.json").read_text())
    return parts
