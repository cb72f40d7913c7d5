"""Where everything is published."""

from __future__ import annotations

from dataclasses import dataclass

MUTE, UNMUTE = "ON", "OFF"
"""payloads of `set/mute`"""


@dataclass(frozen=True)
class Topics:
    """The topics of one board, below `<base>/<device>/`.

    ============== ======================================================= === ========
    topic          payload                                                 QoS retained
    ============== ======================================================= === ========
    `availability` `online`, or `offline` (also as last will)              1   yes
    `state`        a word: `idle`, `listening`, `speaking`, `holding`,     1   yes
                   `muted`, `fault`
    `fault`        `{"message": "…"}`, what is wrong and what to do;       1   yes
                   `{"message": null}` when all is well
    `health`       for `voice` and `face`, where they have an accelerator: 1   yes
                   `{"delegate": …, "running_on": "delegate"|"cpu",
                   "reason": …, "failures": …}`
    `attributes`   JSON: `gender`, `age`, `ethnicity`, `craniofacial`      1   no
                   where switched on, `evidence_s`, `bundle`, `caption`;
                   values are null while there is no estimate
    `face`         JPEG of the imagined face, only when switched on;       1   no
                   a blank picture when the face was cleared
    `set/mute`     a command to the board, `ON` or `OFF`; one that the     any no
                   broker has retained is not obeyed, for it is old
    ============== ======================================================= === ========

    `state` is what the board last said: while `availability` is `offline` it means nothing.
    Topics that are not retained come again when Home Assistant starts.
    """

    base: str
    """one topic level, e.g. `speech2face`"""
    device: str
    """one topic level, the name of the board"""

    @property
    def availability(self) -> str:
        """Whether the board is there."""
        return self._topic("availability")

    @property
    def state(self) -> str:
        """What the daemon is doing."""
        return self._topic("state")

    @property
    def fault(self) -> str:
        """What is wrong."""
        return self._topic("fault")

    @property
    def health(self) -> str:
        """What runs where."""
        return self._topic("health")

    @property
    def attributes(self) -> str:
        """What the voice suggests about the speaker."""
        return self._topic("attributes")

    @property
    def face(self) -> str:
        """The imagined face."""
        return self._topic("face")

    @property
    def set_mute(self) -> str:
        """Closes and opens the microphone."""
        return self._topic("set/mute")

    @property
    def identity(self) -> str:
        """Name of the board that is unique on a broker: client id and Home Assistant's ids."""
        return f"{self.base}_{self.device}"

    def _topic(self, leaf: str) -> str:
        return f"{self.base}/{self.device}/{leaf}"
