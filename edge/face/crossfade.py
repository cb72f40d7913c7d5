"""A calm change of pictures, for decoders that have no parameters to move."""

from __future__ import annotations

from PIL import Image

from edge.face.animate import GLIDE_S


class Crossfade:
    """Blends each picture into the next of the same person."""

    def __init__(self) -> None:
        self._from: Image.Image | None = None
        self._to: Image.Image | None = None
        self._now: Image.Image | None = None
        self._since_s = 0.0
        self._person = 0

    def __call__(self, picture: Image.Image, person: int, time_s: float) -> Image.Image:
        """The picture of this frame. Times do not go back; another person's is not blended."""
        same = self._to is not None and self._now is not None and person == self._person
        if not same or self._to is None or self._to.size != picture.size:
            self._from, self._person, self._since_s = picture, person, time_s
        elif picture is not self._to:
            self._from, self._since_s = self._now, time_s
        self._to = picture
        self._now = self._blended(picture, (time_s - self._since_s) / GLIDE_S)
        return self._now

    def _blended(self, picture: Image.Image, share: float) -> Image.Image:
        if share >= 1 or self._from is None or self._from is picture:
            self._from = picture
            return picture
        return Image.blend(self._from, picture, share * share * (3 - 2 * share))
