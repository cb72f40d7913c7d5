"""The latest scene, ready for any number of readers: what the page's threads share."""

from __future__ import annotations

import io
import json
import secrets
import threading

from PIL import Image

from edge.display.care import Look, Watch, look
from edge.display.view import view
from edge.display.wording import spoken
from edge.scene import Scene
from edge.settings import DisplaySettings
from edge.state import State


class Broadcast:
    """The latest scene, its words as JSON and its face as PNG: each made once, when first asked."""

    def __init__(self, settings: DisplaySettings | None = None) -> None:
        self._settings = settings or DisplaySettings()
        self._wording = spoken(self._settings)
        self._watch = Watch()
        self._look: Look | None = None
        self._changed = threading.Condition()
        self._scene = Scene(State.IDLE)
        self._serial = 0
        self._event: bytes | None = None
        self._face_name = ""
        self._png: bytes | None = None
        self._run = secrets.token_hex(4)  # a page that outlives the daemon asks for new pictures
        self.closed = False

    def put(self, scene: Scene) -> None:
        """Replace the scene and wake the streams."""
        with self._changed:
            self._serial += 1
            self._watch.moment(scene)  # speech counts also while nobody looks
            if scene.face is not self._scene.face:
                self._png = None
                self._face_name = f"face.png?v={self._run}-{self._serial}"
            self._scene = scene
            self._event = None
            self._changed.notify_all()

    def wait(self, seen: int, timeout_s: float) -> tuple[int, bytes]:
        """Serial number and JSON of a scene newer than `seen`, or of the same one after a time."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed or self._serial != seen, timeout_s)
            return self._serial, self._json()

    def json(self) -> bytes:
        """The scene as JSON."""
        with self._changed:
            return self._json()

    def png(self) -> bytes | None:
        """The face as PNG, None without a face."""
        with self._changed:
            if self._png is None and self._scene.face is not None:
                self._png = _encode(self._scene.face)
            return self._png

    def close(self) -> None:
        """End all streams."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def _json(self) -> bytes:
        now = look(self._scene, self._watch.moment(self._scene), self._settings)
        if self._event is None or now != self._look:
            face = None if self._scene.face is None else self._face_name
            shown = view(self._scene, face, self._wording, now)
            self._event = json.dumps(shown, ensure_ascii=False).encode()
            self._look = now
        return self._event


def _encode(face: Image.Image) -> bytes:
    file = io.BytesIO()
    face.save(file, format="PNG", compress_level=3)
    return file.getvalue()
