"""What the owner sees at one moment: the type that display and MQTT receive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from edge.face.painter import Portrait
from edge.face.sound import SILENCE, Sound
from edge.inference.delegate_state import DelegateState
from edge.state import State
from edge.voice.estimate import Estimate

CAPTION = "Imagined from the voice. Not a picture of anyone."


@dataclass(frozen=True)
class Scene:
    """One moment. Scenes replace each other; none has to be shown."""

    state: State
    estimate: Estimate | None = None
    """None until about a second of speech was heard, and again after `forget`"""
    face: Image.Image | None = None
    """square RGB picture that belongs to `estimate`; nobody may change it in place"""
    message: str = ""
    """in a fault: what is wrong and what to do; else empty"""
    delegates: tuple[DelegateState, ...] = ()
    """how the accelerators stand, where there are any"""
    level: float = 0.0
    """loudness of the latest block, root mean square, full scale 1"""
    portrait: Portrait | None = None
    """what `face` was made of, for a face that moves; only until a display shows it"""
    person: int = 0
    """another number is another person"""
    sound: Sound = SILENCE
    """what a mouth needs of the latest block"""


class Display(Protocol):
    """Something that shows scenes: a display, or the MQTT publisher."""

    name: str
    """as in the settings: `window`, `web`, `png`, `mqtt`"""

    def show(self, scene: Scene) -> None:
        """Take over a scene; returns at once. Raises DeviceError when the display is gone."""

    def close(self) -> None:
        """Let go of the device. May be called twice."""
