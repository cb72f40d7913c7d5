"""A display that is a file: the latest frame as a PNG that other programs may pick up."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image

from edge.display.latest import LatestWorker
from edge.errors import DeviceError
from edge.face.compose import compose
from edge.scene import Scene
from edge.state import State


class PngDisplay:
    """Replaces the file at `path` by the latest scene, at most `per_second` times a second.

    The file is always whole: a frame is written beside it and then takes its name. The first frame
    is written at once, so that a folder that is missing, closed or full raises DeviceError here;
    later troubles are raised by the next `show`, and the file keeps its last good frame.
    """

    name = "png"

    def __init__(
        self, path: Path, size: tuple[int, int] = (960, 600), per_second: float = 4.0
    ) -> None:
        self.path = path
        self._size = size
        self._write(Scene(State.IDLE))
        self._worker = LatestWorker(self._write, "png-display", per_second)

    def show(self, scene: Scene) -> None:
        """Take over a scene; returns at once. Raises DeviceError when the last frame failed."""
        self._worker.put(scene)

    def close(self) -> None:
        """Write the scene that still waits. The file stays. May be called twice."""
        self._worker.close()

    def _write(self, scene: Scene) -> None:
        picture = compose(scene, self._size)
        try:
            _replace(self.path, picture)
        except OSError as error:
            raise DeviceError(
                f"The picture {self.path} cannot be written: {error.strerror or error}. "
                "Make room, or set [display] png_path to a file in a folder that may be written."
            ) from error


def _replace(path: Path, picture: Image.Image) -> None:
    if path.is_dir():
        raise IsADirectoryError(None, "it is a folder")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)  # left by a process of the same number that was killed
    try:
        with part.open("xb") as file:
            picture.save(file, format="PNG", compress_level=3)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
