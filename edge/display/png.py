"""A display that is a file: the latest frame as a PNG that other programs may pick up."""

from __future__ import annotations

from pathlib import Path

from edge.display.latest import LatestWorker
from edge.display.picture import LOOK_AGAIN_S, Pictures
from edge.errors import DeviceError
from edge.replace import replace_file
from edge.scene import Scene
from edge.settings import DisplaySettings
from edge.state import State


class PngDisplay:
    """Replaces the file at `path` by the latest scene, at most `per_second` times a second.

    The file is always whole: a frame is written beside it and then takes its name. The first frame
    is written at once, so that a folder that is missing, closed or full raises DeviceError here;
    later troubles are raised by the next `show`, and the file keeps its last good frame.
    """

    name = "png"

    def __init__(
        self,
        path: Path,
        size: tuple[int, int] = (960, 600),
        per_second: float = 4.0,
        settings: DisplaySettings | None = None,
    ) -> None:
        self.path = path
        self._size = size
        self._pictures = Pictures(settings)
        self._write(Scene(State.IDLE))
        self._worker = LatestWorker(self._write, "png-display", per_second, LOOK_AGAIN_S)

    def show(self, scene: Scene) -> None:
        """Take over a scene; returns at once. Raises DeviceError when the last frame failed."""
        self._worker.put(scene)

    def close(self) -> None:
        """Write the scene that still waits. The file stays. May be called twice."""
        self._worker.close()

    def _write(self, scene: Scene) -> None:
        picture = self._pictures.changed(scene, self._size)
        if picture is None:
            return
        try:
            replace_file(self.path, lambda file: picture.save(file, "PNG", compress_level=3))
        except OSError as error:
            self._pictures.forget()
            raise DeviceError(
                f"The picture {self.path} cannot be written: {error.strerror or error}. "
                "Make room, or set [display] png_path to a file in a folder that may be written."
            ) from error
