"""Trials: what a board would hear of one speaker, and what the network makes of it.

The networks are plain callables on numpy arrays, so that the same trials measure the float
network and its int8 version.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from convert.reference.voice.corpora import WITHOUT_SPEAKERS
from convert.reference.voice.features import HOP, WINDOW
from convert.reference.voice.network import VoiceNetwork
from convert.reference.voice.prepare import SAMPLE_RATE, Speech, Utterance
from edge.voice.front_ends import LogMel

Floats = npt.NDArray[np.float32]
Network = Callable[[Floats], Floats]
"""A batch in, a batch out, of any size. The trunk takes features as `(n, 98, 64)`."""

LONGEST_S = 6
DURATIONS = (1, 3, LONGEST_S)
"""seconds of speech heard, at which answers are calibrated and measured"""


@dataclass(frozen=True)
class Trial:
    """One speaker's speech as the board would cut it."""

    utterance: Utterance
    """the first of the speaker's: its labels are the speaker's"""
    windows: Floats
    """features, `(windows, 98, 64)`, a window every half second of each utterance"""


@dataclass(frozen=True)
class Answers:
    """What the network says of some trials after so many seconds."""

    trials: list[int]
    """which ones: those with enough speech"""
    embedding: Floats
    """`(n, 256)`"""
    gender: Floats
    """`(n, 3)` logits"""
    age: Floats
    """`(n, 34)` logits"""


def windows_for(seconds: float) -> int:
    """How many windows the board has had after so many seconds of speech."""
    return int((seconds * SAMPLE_RATE - WINDOW) // HOP) + 1


def trials(speech: Speech, indices: list[int], by_speaker: bool = True) -> list[Trial]:
    """One trial a speaker: the speaker's utterances in turn, up to six seconds of them.

    With `by_speaker` off, one trial an utterance.
    """
    speakers: defaultdict[str, list[int]] = defaultdict(list)
    for index in indices:
        utterance = speech.utterances[index]
        alone = not by_speaker or utterance.corpus in WITHOUT_SPEAKERS
        speakers[utterance.file if alone else utterance.speaker].append(index)
    out = []
    for members in speakers.values():
        windows = [w for index in members for w in cut(speech[index])][: windows_for(LONGEST_S)]
        if windows:
            out.append(Trial(speech.utterances[members[0]], np.stack(windows)))
    return out


def cut(samples: Floats) -> list[Floats]:
    """The features of every whole window of `(samples,) float32`, every half second."""
    front_end = LogMel()
    starts = range(0, len(samples) - WINDOW + 1, HOP)
    return [front_end(samples[start : start + WINDOW]) for start in starts]


def hear(trials: list[Trial], trunk: Network) -> list[Floats]:
    """The trunk's vectors of each trial, `(windows, 512)`."""
    lengths = [len(trial.windows) for trial in trials]
    everything = np.concatenate([trial.windows for trial in trials])
    vectors = np.concatenate(
        [trunk(everything[start : start + 64]) for start in range(0, len(everything), 64)]
    )
    return np.split(vectors, np.cumsum(lengths)[:-1])


def reached(vectors: list[Floats]) -> list[int]:
    """Those of DURATIONS that at least one trial is long enough for."""
    longest = max(len(of_trial) for of_trial in vectors)
    return [seconds for seconds in DURATIONS if windows_for(seconds) <= longest]


def answer(vectors: list[Floats], networks: Mapping[str, Network], seconds: float) -> Answers:
    """What head, gender and age networks say of the trials that have so many seconds."""
    count = windows_for(seconds)
    chosen = [i for i, of_trial in enumerate(vectors) if len(of_trial) >= count]
    means = np.stack([vectors[i][:count].mean(axis=0) for i in chosen])
    embedding = networks["head"](means)
    return Answers(chosen, embedding, networks["gender"](embedding), networks["age"](embedding))


def numpy_networks(network: VoiceNetwork) -> dict[str, Network]:
    """The parts of a float network as callables on numpy arrays."""
    import torch

    def callable_of(part: torch.nn.Module, is_trunk: bool) -> Network:
        def run(values: Floats) -> Floats:
            with torch.inference_mode():
                batch = torch.from_numpy(np.ascontiguousarray(values))
                return np.asarray(part(batch[:, None] if is_trunk else batch).numpy())

        return run

    parts = network.eval().parts()
    return {name: callable_of(part, name == "trunk") for name, part in parts.items()}
