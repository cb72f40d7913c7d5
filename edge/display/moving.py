"""A display whose face moves between the scenes that the daemon shows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from edge.errors import DeviceError, EdgeError
from edge.face.performer import Cue, Performer
from edge.scene import Display, Scene
from edge.state import State

FRAMES_PER_S: dict[State, float] = {
    State.LISTENING: 30.0,
    State.SPEAKING: 30.0,
    State.HOLDING: 12.0,
    State.MUTED: 6.0,
    State.IDLE: 6.0,
    State.FAULT: 6.0,
}
"""while somebody's face is shown; without one, only what the daemon shows is shown"""
LINGER_S = 1.0
"""of frames after a face has come, changed or gone, in which it fades"""


class MovingDisplay:
    """Shows scenes on a display, and frames of a moving face between them.

    One thread makes the frames; the performer and its networks belong to it.
    """

    def __init__(
        self,
        display: Display,
        performer: Performer,
        side: int = 480,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`side`: pixels at which the face is shown, about."""
        self._display, self._performer, self._side, self._clock = display, performer, side, clock
        self.name = display.name
        self._changed = threading.Condition()
        self._scene: Scene | None = None
        self._fresh = self._closing = False
        self._error: DeviceError | None = None
        self._thread = threading.Thread(target=self._perform, name="face", daemon=True)
        self._thread.start()

    def show(self, scene: Scene) -> None:
        """Take over a scene; returns at once. Raises what the display raised since."""
        with self._changed:
            self._scene, self._fresh = scene, True
            self._changed.notify_all()
            error, self._error = self._error, None
        if error is not None:
            raise error

    def close(self) -> None:
        """End the frames, then let go of the display. May be called twice."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(5.0)
        self._display.close()

    def _perform(self) -> None:
        lingers_until = due = 0.0
        face_is_shown = False
        while True:
            with self._changed:
                now = self._clock()
                moving = self._scene is not None and now < lingers_until
                wait = max(0.0, due - now)
                if moving:  # a new scene waits for the next frame
                    self._changed.wait_for(lambda: self._closing, wait)
                else:
                    self._changed.wait_for(lambda: self._fresh or self._closing)
                if self._closing and not self._fresh:
                    return
                scene, fresh, self._fresh = self._scene, self._fresh, False
            assert scene is not None
            now = self._clock()
            # a face that comes, changes or goes takes some frames, also one that does not move
            fades = fresh and (scene.portrait is not None or face_is_shown)
            if fades or (scene.portrait is not None and self._performer.moves):
                lingers_until = now + LINGER_S
            due = now + 1 / FRAMES_PER_S[scene.state]
            face_is_shown = self._frame(scene, now)

    def _frame(self, scene: Scene, now: float) -> bool:
        """Show the frame of this time; whether there is a face in it."""
        cue = Cue(now, scene.state, scene.portrait, scene.person, scene.sound)
        try:
            face = self._performer(cue, self._side)
            self._display.show(replace(scene, face=face, portrait=None))
            return face is not None
        except EdgeError as error:
            # of a decoder, too: the daemon goes on without this display
            gone = error if isinstance(error, DeviceError) else DeviceError(str(error))
            with self._changed:
                self._error = gone
            return True  # nobody knows: let it fade
