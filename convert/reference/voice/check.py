"""A quick look at unseen speakers while the network trains."""

from __future__ import annotations

import numpy as np
import torch

from convert.reference.voice.features import WINDOW, Features, windows_of
from convert.reference.voice.labels import (
    GENDERS,
    IGNORED,
    age_target,
    gender_class,
    is_doubtful,
)
from convert.reference.voice.network import VoiceNetwork
from convert.reference.voice.prepare import Speech

CHILD = GENDERS.index("child")


class Check:
    """Two seconds of each utterance of speakers that are not trained on."""

    def __init__(self, speech: Speech, indices: list[int], device: str) -> None:
        chosen = [i for i in indices if speech.utterances[i].length >= 2 * WINDOW]
        utterances = [speech.utterances[i] for i in chosen]
        crops = torch.stack([torch.from_numpy(speech[i][: 2 * WINDOW]) for i in chosen])
        self.windows = Features()(windows_of(crops)).to(device)
        self.genders = np.array(
            [IGNORED if is_doubtful(u) else gender_class(u) for u in utterances]
        )
        self.ages = np.stack([age_target(u.age) for u in utterances])

    @torch.no_grad()
    def __call__(self, network: VoiceNetwork) -> str:
        network.eval()
        readings = [network(part) for part in self.windows.split(64)]
        gender = torch.cat([r.gender for r in readings]).cpu()
        age = torch.cat([r.age for r in readings]).log_softmax(dim=1).cpu().numpy()
        adult = (self.genders != IGNORED) & (self.genders != CHILD)
        forced = gender[:, :CHILD].argmax(dim=1).numpy() == self.genders
        said = gender.argmax(dim=1).numpy()
        known = self.ages.sum(axis=1) > 0
        cost = -(self.ages[known] * age[known]).sum(axis=1).mean()
        mistaken = (said[adult] == CHILD).mean()
        children = (said[self.genders == CHILD] == CHILD).mean()
        return (
            f"adults={forced[adult].mean():.3f} taken_for_children={mistaken:.3f} "
            f"children={children:.3f} age_cost={cost:.3f}"
        )
