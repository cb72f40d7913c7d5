"""The picture of the face in every frame, in either style, for any decoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from edge.face.animate import Animator, Moment, Pose
from edge.face.cartoon import Cartoon
from edge.face.crossfade import Crossfade
from edge.face.decoder import FaceDecoder
from edge.face.drawing.shape import Colour, mix
from edge.face.likeness import Likeness, presence
from edge.face.nobody import nobody, state_colour
from edge.face.painter import Portrait, sharpened
from edge.face.presence import Presence
from edge.face.sound import SILENCE, Sound
from edge.inference.engine import Engine
from edge.state import State

Style = Literal["portrait", "cartoon"]

SPARE = 0.025
"""of a portrait's width, cut off on every side so that the head may move"""


@dataclass(frozen=True)
class Cue:
    """What a frame is made for."""

    time_s: float
    """on a clock that does not go back"""
    state: State
    portrait: Portrait | None = None
    """the latest; None: there is no face"""
    person: int = 0
    """another number is another person"""
    sound: Sound = SILENCE
    """the latest"""


class Performer:
    """Draws the frames of a face. No threads: whoever calls it does the work."""

    def __init__(self, engine: Engine, style: Style = "portrait", seed: int = 0) -> None:
        face = engine.bundle.manifest.face
        self._decoder, self._likeness = FaceDecoder(engine), Likeness()
        self._animator = Animator(face.parameters, seed)
        self._presence, self._crossfade = Presence(), Crossfade()
        self._style = style
        moves = any(each.role == "expression" for each in face.parameters)
        self.moves = style == "cartoon" or moves
        """False: this decoder's pictures only change with the estimate"""

    def __call__(self, cue: Cue, side: int) -> Image.Image | None:
        """A square RGB picture of a face that is shown at `side` pixels; None: nobody is there.

        A portrait comes in the decoder's own size.
        """
        shown = self._presence(cue.portrait, cue.person, cue.time_s)
        portrait = shown.portrait if shown else None
        person = shown.person if shown else cue.person
        values = portrait.values if portrait else None
        pose = self._animator(Moment(cue.time_s, cue.state, values, person, cue.sound))
        if shown is None or portrait is None or shown.share <= 0:
            return None
        if self._style == "cartoon":
            looks, evidence_s = self._likeness(portrait, pose.values), portrait.estimate.evidence_s
            drawn = Cartoon(looks, pose.expression, paper(cue.state), presence(evidence_s))
            picture = drawn.picture(side)
        elif pose.values is None or not self.moves:
            picture = self._crossfade(portrait.image, person, cue.time_s)
        else:
            decoded = self._decoder(pose.values).picture
            picture = _shifted(sharpened(decoded, portrait.estimate.evidence_s), pose)
        if shown.share < 1:
            return Image.blend(nobody(cue.state, picture.width), picture, shown.share)
        return picture


def paper(state: State) -> Colour:
    """What lies behind a drawn face: the state's colour, pale."""
    return mix(state_colour(state), (238, 242, 245), 0.66)


def _shifted(picture: Image.Image, pose: Pose) -> Image.Image:
    """The picture as if the head had moved; the decoder cannot turn it."""
    side = picture.width
    right, down = (float(np.clip(s, -SPARE, SPARE)) for s in pose.expression.shift)
    left, top = (SPARE - right) * side, (SPARE - down) * side
    within = (1 - 2 * SPARE) * side
    box = (left, top, left + within, top + within)
    return picture.resize((side, side), Image.Resampling.BICUBIC, box=box)
