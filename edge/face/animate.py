"""The face that moves: what it looks like and does in the next frame.

The mouth follows the sound, lids blink, head and brows move a little and slowly. From one
estimate to the next of the same person the parameters glide; two people are never blended. The
same seed and times give the same frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from edge.face.expression import MUSCLES, REST, Expression
from edge.face.fidgets import Blinks, Glances, Sway
from edge.face.mouth import Mouth, glide
from edge.face.sound import SILENCE, Sound
from edge.inference.manifest import Parameter
from edge.state import State

Floats = npt.NDArray[np.float32]

FRAMES_PER_S = 30
GLIDE_S = 0.6
"""until a new portrait is reached, to a twentieth"""
LONGEST_STEP_S = 0.5
"""after a longer pause the face goes on as if this much time had passed"""

_AT_REST: dict[State, Expression] = {
    State.IDLE: Expression(smile=0.25),
    State.LISTENING: Expression(smile=0.3, brow_up=0.45, tilt=3.0),
    State.SPEAKING: Expression(smile=0.15),
    State.HOLDING: Expression(smile=0.5),
    State.MUTED: Expression(smile=0.1, blink=1.0, shift=(0.0, 0.008)),
    State.FAULT: Expression(brow_up=0.7, brow_down=0.3, pucker=0.3, tilt=-3.0),
}
_LIVELY: dict[State, float] = {
    State.IDLE: 0.5,
    State.LISTENING: 0.9,
    State.SPEAKING: 1.0,
    State.HOLDING: 0.5,
    State.MUTED: 0.25,
    State.FAULT: 0.5,
}
"""how much the head moves by itself"""


@dataclass(frozen=True)
class Moment:
    """What a frame is made for."""

    time_s: float
    """on any clock that does not go back"""
    state: State
    values: Floats | None = None
    """decoder parameters `(parameters,)` of the latest portrait; None: there is no face"""
    person: int = 0
    """another number is another person"""
    sound: Sound = SILENCE
    """the latest"""


@dataclass(frozen=True)
class Pose:
    """A frame of the face."""

    values: Floats | None
    """decoder parameters with the expression in them; None: nobody is there"""
    expression: Expression


class Animator:
    """Makes poses, one frame after the other, for a decoder with these parameters."""

    def __init__(self, parameters: Sequence[Parameter], seed: int = 0) -> None:
        self._low = np.array([p.low for p in parameters], np.float32)
        self._high = np.array([p.high for p in parameters], np.float32)
        self._muscles = {
            p.name: place
            for place, p in enumerate(parameters)
            if p.role == "expression" and p.name in MUSCLES
        }
        self._blinks, self._glances = Blinks(seed), Glances(seed)
        self._sways = [Sway(seed, number) for number in range(4)]
        self._mouth = Mouth()
        self._rest = _AT_REST[State.IDLE]
        self._lively = _LIVELY[State.IDLE]
        self._values: Floats | None = None
        self._person = 0
        self._gaze = (0.0, 0.0)
        self._first_s = self._last_s = float("nan")

    def __call__(self, moment: Moment) -> Pose:
        """The pose of this frame. Moments come in the order of their times."""
        if np.isnan(self._last_s):
            self._first_s = self._last_s = moment.time_s
        passed_s = float(np.clip(moment.time_s - self._last_s, 0, LONGEST_STEP_S))
        self._last_s = max(self._last_s, moment.time_s)
        self._approach(moment, passed_s)
        expression = self._express(moment, passed_s)
        return Pose(self._with(expression), expression)

    def _approach(self, moment: Moment, passed_s: float) -> None:
        """Glide towards the portrait; to another person's there is no way between."""
        target = moment.values
        if target is None or self._values is None or moment.person != self._person:
            self._values, self._person = target, moment.person
            return
        kept = np.float32(np.exp(-3 * passed_s / GLIDE_S))
        self._values = target + (self._values - target) * kept

    def _express(self, moment: Moment, passed_s: float) -> Expression:
        now_s, state = self._last_s - self._first_s, moment.state
        self._rest = _between(self._rest, _AT_REST[state], 1 - glide(1, 0, passed_s, 0.12))
        self._lively = glide(self._lively, _LIVELY[state], passed_s, 0.3)
        speaks = state is State.SPEAKING
        self._mouth.follow(moment.sound if speaks else SILENCE, passed_s)
        right, down = self._glances(now_s)
        self._gaze = (
            glide(self._gaze[0], right, passed_s, 0.03),
            glide(self._gaze[1], down, passed_s, 0.03),
        )
        opened, spread = self._mouth.open, self._mouth.spread
        narrow = max(0.0, 1 - 2 * spread)
        sway = [wave(now_s) * self._lively for wave in self._sways]
        rest = self._rest
        return replace(
            rest,
            jaw_open=opened * (0.72 - 0.22 * narrow - 0.12 * spread),
            funnel=0.55 * opened * narrow,
            pucker=max(rest.pucker, 0.35 * opened * narrow),
            smile=min(1.0, rest.smile + 0.22 * opened * max(0.0, 2 * spread - 1)),
            blink=max(rest.blink, self._blinks(now_s)),
            brow_up=float(np.clip(rest.brow_up + 0.14 * sway[0] + 0.18 * opened, 0, 1)),
            gaze=self._gaze,
            shift=(
                rest.shift[0] + 0.008 * sway[1],
                rest.shift[1] + 0.005 * sway[2] + 0.006 * opened,
            ),
            tilt=rest.tilt + 2.2 * sway[3],
        )

    def _with(self, expression: Expression) -> Floats | None:
        if self._values is None:
            return None
        values = self._values.copy()
        for name, place in self._muscles.items():
            values[place] = getattr(expression, name)
        return np.clip(values, self._low, self._high)


def _between(one: Expression, other: Expression, share: float) -> Expression:
    """From one expression at rest to another."""
    muscles = {
        name: getattr(one, name) + (getattr(other, name) - getattr(one, name)) * share
        for name in (*MUSCLES, "tilt")
    }
    right, down = (a + (b - a) * share for a, b in zip(one.shift, other.shift, strict=True))
    return replace(REST, **muscles, shift=(right, down))
