"""From a scene to what a screen takes: composed, turned, dimmed and shifted."""

from __future__ import annotations

from PIL import Image

from edge.display.care import Look, Watch, look
from edge.display.wording import wording
from edge.face.compose import BACKGROUND, compose
from edge.scene import Scene
from edge.settings import DisplaySettings

LOOK_AGAIN_S = 2.0
"""how often a display asks whether a scene that stays looks different by now"""

Size = tuple[int, int]
"""width and height in pixels, as the screen counts them"""

_TURNS = {
    90: Image.Transpose.ROTATE_270,  # Pillow turns against the clock
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}

_OFF = Look(0.0, (0, 0))


class Pictures:
    """Draws the scenes of one display as the settings say. Raises DeviceError without a font."""

    def __init__(self, settings: DisplaySettings | None = None) -> None:
        self._settings = settings or DisplaySettings()
        self._wording = wording(self._settings)
        self._watch = Watch()
        self._drawn: tuple[Scene | None, Size, Look] | None = None

    def changed(self, scene: Scene, size: Size) -> Image.Image | None:
        """The scene as an RGB picture of `size`; None when that is what was drawn last."""
        now = look(scene, self._watch.moment(scene), self._settings)
        seen: Scene | None = scene
        if not now.brightness:  # black is black, whatever it hides
            seen, now = None, _OFF
        last = self._drawn
        if last is not None and last[0] is seen and last[1:] == (size, now):
            return None
        self._drawn = seen, size, now
        return self._draw(scene, size, now)

    def forget(self) -> None:
        """Draw anew next time, for a screen that lost its picture."""
        self._drawn = None

    def _draw(self, scene: Scene, size: Size, now: Look) -> Image.Image:
        if not now.brightness:
            return Image.new("RGB", size)
        turn = _TURNS.get(self._settings.rotate)
        upright = size if self._settings.rotate in (0, 180) else (size[1], size[0])
        picture = compose(scene, upright, self._wording, self._settings.shape)
        if now.offset != (0, 0):
            moved = Image.new("RGB", upright, BACKGROUND)
            moved.paste(picture, now.offset)
            picture = moved
        if now.brightness < 1:
            picture = picture.point([round(level * now.brightness) for level in range(256)] * 3)
        return picture if turn is None else picture.transpose(turn)
