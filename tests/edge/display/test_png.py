from __future__ import annotations

import resource
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from edge.display.png import PngDisplay
from edge.errors import DeviceError
from edge.scene import Scene
from edge.state import State

Colour = tuple[int, int, int]
ShareOf = Callable[[Image.Image, Colour], float]


@pytest.fixture
def full_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that takes a small file and no frame: a tiny disk, or a limit where none may be
    mounted."""
    folder = tmp_path / "full"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12k", "none", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode == 0:
        yield folder
        subprocess.run(["umount", str(folder)], check=True)
        return
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
    yield folder
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_latest_scene_is_in_the_file(
    tmp_path: Path, face: Image.Image, skin: Colour, share_of: ShareOf
) -> None:
    display = PngDisplay(tmp_path / "face.png")
    for _ in range(50):
        display.show(Scene(State.LISTENING))
    display.show(Scene(State.SPEAKING, face=face))
    display.close()
    display.close()
    assert share_of(Image.open(tmp_path / "face.png"), skin) > 0.1
    assert names(tmp_path) == ["face.png"]


def test_there_is_a_picture_from_the_start(tmp_path: Path) -> None:
    display = PngDisplay(tmp_path / "face.png", size=(320, 240))
    assert Image.open(tmp_path / "face.png").size == (320, 240)
    display.close()


def test_a_reader_never_sees_half_a_picture(tmp_path: Path, face: Image.Image) -> None:
    path = tmp_path / "face.png"
    display = PngDisplay(path, size=(320, 240), per_second=1000)
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            display.show(Scene(State.SPEAKING, face=face))

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    for _ in range(200):
        with path.open("rb") as file:
            seen.add(path.stat().st_ino)
            Image.open(file).load()  # raises on a file that ends too early
    done.set()
    writer.join()
    display.close()
    assert len(seen) > 1, "the file was replaced meanwhile"


def test_frames_are_left_out_rather_than_queued(tmp_path: Path, face: Image.Image) -> None:
    display = PngDisplay(tmp_path / "face.png", per_second=0.001)
    first = threading.Event()
    written: list[State] = []
    write = display._write
    display._worker._work = lambda scene: (write(scene), written.append(scene.state), first.set())  # type: ignore[func-returns-value]
    display.show(Scene(State.LISTENING))
    assert first.wait(30)
    for _ in range(20):
        display.show(Scene(State.SPEAKING, face=face))
    display.show(Scene(State.HOLDING, face=face))
    display.close()
    assert written == [State.LISTENING, State.HOLDING]


@pytest.mark.parametrize("path", ["/proc/face.png", "/no/such/folder/face.png", "/"])
def test_a_folder_that_cannot_be_written_is_refused_at_once(path: str) -> None:
    with pytest.raises(DeviceError, match=r"cannot be written: .* set \[display\] png_path"):
        PngDisplay(Path(path))


def test_a_full_disk_is_told_and_the_old_picture_stays(full_folder: Path) -> None:
    path = full_folder / "face.png"
    Image.new("RGB", (8, 8), "red").save(path)
    old = path.read_bytes()
    with pytest.raises(DeviceError, match=r"cannot be written.*Make room"):
        PngDisplay(path, size=(1920, 1080))
    assert path.read_bytes() == old
    assert names(full_folder) == ["face.png"]


def test_a_folder_that_goes_away_is_told_once_and_heals(
    tmp_path: Path, face: Image.Image, patiently: Callable[[Callable[[], object], str], object]
) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    display = PngDisplay(folder / "face.png", per_second=1000)
    folder.rename(tmp_path / "pulled out")

    def fails() -> bool:
        try:
            display.show(Scene(State.SPEAKING, face=face))
        except DeviceError:
            return True
        return False

    patiently(fails, "a DeviceError")
    (tmp_path / "pulled out").rename(folder)
    (folder / "face.png").unlink()
    patiently(lambda: not fails() and (folder / "face.png").exists(), "the picture to come back")
    display.close()


def test_after_close_nothing_is_shown(tmp_path: Path) -> None:
    display = PngDisplay(tmp_path / "face.png")
    display.close()
    with pytest.raises(DeviceError):
        display.show(Scene(State.IDLE))
