from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from edge.display import desktop as desktop_module
from edge.display import window
from edge.display.window import WindowDisplay
from edge.errors import DeviceError, WindowClosedError
from edge.scene import Scene
from edge.state import State
from edge.voice.estimate import Estimate

Colour = tuple[int, int, int]
ShareOf = Callable[[Image.Image, Colour], float]
Patiently = Callable[[Callable[[], Any], str], Any]


@pytest.fixture
def opened(screen: Any) -> Iterator[WindowDisplay]:
    display = WindowDisplay(size=(600, 400))
    yield display
    display.close()


def error_of(show: Callable[[], None]) -> DeviceError | None:
    try:
        show()
    except DeviceError as error:
        return error
    return None


def test_the_latest_face_is_on_the_screen(
    opened: WindowDisplay,
    screen: Any,
    estimate: Estimate,
    face: Image.Image,
    other_face: Image.Image,
    skin: Colour,
    other_skin: Colour,
    share_of: ShareOf,
    patiently: Patiently,
    tmp_path: Path,
) -> None:
    assert opened.driver == "x11"
    shot = tmp_path / "screen.png"
    opened.show(Scene(State.SPEAKING, estimate, face))
    patiently(lambda: share_of(screen.picture(shot), skin) > 0.03, "the face on the screen")
    for _ in range(100):
        opened.show(Scene(State.SPEAKING, estimate, face))
    opened.show(Scene(State.HOLDING, estimate, other_face))
    patiently(lambda: share_of(screen.picture(shot), other_skin) > 0.03, "the second face")
    assert share_of(screen.picture(shot), skin) < 0.001


def test_a_window_of_another_size_is_drawn_anew(
    opened: WindowDisplay,
    screen: Any,
    face: Image.Image,
    skin: Colour,
    share_of: ShareOf,
    patiently: Patiently,
    tmp_path: Path,
) -> None:
    opened.show(Scene(State.SPEAKING, face=face))
    shot = tmp_path / "screen.png"
    before = patiently(lambda: share_of(screen.picture(shot), skin), "the face")
    xdotool("search", "--sync", "--class", "speech2face", "windowsize", "780", "580")
    patiently(lambda: opened.size == (780, 580), "the new size")
    patiently(lambda: share_of(screen.picture(shot), skin) > 1.3 * before, "a larger face")


def test_full_screen_fills_it(
    screen: Any,
    face: Image.Image,
    patiently: Patiently,
    tmp_path: Path,
) -> None:
    display = WindowDisplay(fullscreen=True)
    display.show(Scene(State.SPEAKING, face=face))
    assert display.size == (800, 600)
    shot = tmp_path / "screen.png"
    corner = (799, 599)
    patiently(lambda: screen.picture(shot).getpixel(corner) == (13, 17, 23), "the background")
    display.close()


def xdotool(*arguments: str) -> None:
    subprocess.run(["xdotool", *arguments], check=True, stdout=subprocess.DEVNULL)


def test_escape_is_the_wish_to_end(
    opened: WindowDisplay, screen: Any, patiently: Patiently
) -> None:
    xdotool(
        "search", "--sync", "--class", "speech2face", "windowfocus", "--sync", "keydown", "Escape"
    )
    error = patiently(lambda: error_of(lambda: opened.show(Scene(State.IDLE))), "an error")
    assert isinstance(error, WindowClosedError)
    assert opened._process.child.wait() == 0


def test_the_x_server_dies_and_the_daemon_lives(
    opened: WindowDisplay, screen: Any, face: Image.Image, patiently: Patiently
) -> None:
    opened.show(Scene(State.SPEAKING, face=face))
    screen.kill()

    def show() -> None:
        opened.show(Scene(State.SPEAKING, face=face))

    error = patiently(lambda: error_of(show), "an error")
    assert not isinstance(error, WindowClosedError)
    assert "went away" in str(error)
    assert screen.display in str(error)
    opened.close()
    opened.close()


def test_the_window_comes_back_with_the_x_server(
    opened: WindowDisplay,
    screen: Any,
    face: Image.Image,
    other_face: Image.Image,
    skin: Colour,
    other_skin: Colour,
    share_of: ShareOf,
    patiently: Patiently,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(window, "RETRY_S", 0.2)
    shot = tmp_path / "screen.png"
    first, second = Scene(State.SPEAKING, face=face), Scene(State.HOLDING, face=other_face)
    opened.show(first)
    patiently(lambda: share_of(screen.picture(shot), skin) > 0.03, "the face")
    for _ in range(2):
        screen.kill()
        patiently(lambda: error_of(lambda: opened.show(first)), "an error")
        time.sleep(1.0)  # several tries
        error_of(lambda: opened.show(second))
        screen.start()
        # Nothing more is shown: the window has to bring the latest scene itself.
        patiently(lambda: share_of(screen.picture(shot), other_skin) > 0.03, "the second face")
        assert error_of(lambda: opened.show(second)) is None
        opened.show(first)
        patiently(lambda: share_of(screen.picture(shot), skin) > 0.03, "the first face again")
    said = [record.message.split()[0] for record in caplog.records]
    assert said == ["event=window_gone", "event=window_back"] * 2, "it is told quietly"


def test_closing_while_there_is_no_screen(
    opened: WindowDisplay, screen: Any, patiently: Patiently
) -> None:
    screen.kill()
    patiently(lambda: error_of(lambda: opened.show(Scene(State.IDLE))), "an error")
    opened.close()
    assert not opened._keeper.is_alive()
    assert opened._process.child.returncode is not None


def test_the_same_window_under_wayland(
    desktop: Any,
    estimate: Estimate,
    face: Image.Image,
    other_face: Image.Image,
    skin: Colour,
    other_skin: Colour,
    share_of: ShareOf,
    patiently: Patiently,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(window, "RETRY_S", 0.2)
    display = WindowDisplay(size=(600, 400))
    assert display.driver == "wayland"
    shot = tmp_path / "screen.png"
    display.show(Scene(State.SPEAKING, estimate, face))
    patiently(lambda: share_of(desktop.picture(shot), skin) > 0.03, "the face on the screen")
    display.show(Scene(State.HOLDING, estimate, other_face))
    patiently(lambda: share_of(desktop.picture(shot), other_skin) > 0.03, "the second face")
    desktop.kill()
    patiently(lambda: error_of(lambda: display.show(Scene(State.IDLE))), "an error")
    desktop.start()
    patiently(lambda: error_of(lambda: display.show(Scene(State.IDLE))) is None, "the window")
    display.show(Scene(State.SPEAKING, estimate, face))
    patiently(lambda: share_of(desktop.picture(shot), skin) > 0.03, "the face again")
    display.close()


def test_a_display_server_is_asked_before_a_window_is_tried(
    screen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desktop_module.answers()
    screen.kill()
    assert not desktop_module.answers()
    monkeypatch.setenv("DISPLAY", "elsewhere:0")
    assert desktop_module.answers(), "that cannot be asked"
    monkeypatch.setenv("WAYLAND_DISPLAY", "/no/socket")
    assert not desktop_module.answers()


def test_a_child_that_hangs_does_not_hold_the_daemon_up(
    opened: WindowDisplay, face: Image.Image
) -> None:
    subprocess.run(["kill", "-STOP", str(opened._process.child.pid)], check=True)
    start = time.process_time()
    for _ in range(1000):
        opened.show(Scene(State.SPEAKING, face=face))
    opened.close()
    assert opened._process.child.returncode == -9
    assert time.process_time() - start < 30, "it does not spin while it waits"


def test_the_window_goes_when_the_daemon_is_killed(screen: Any, patiently: Patiently) -> None:
    daemon = (
        "from edge.display.window import WindowDisplay; import time; display = WindowDisplay()\n"
        "print(display._process.child.pid, flush=True); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", daemon], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    child = Path("/proc", process.stdout.readline().strip(), "cmdline")
    assert "edge.display.screen" in child.read_text()
    process.kill()
    process.wait()
    process.stdout.close()
    patiently(lambda: not child.exists() or not child.read_text(), "the end of the child")


def test_a_closed_window_shows_nothing(opened: WindowDisplay) -> None:
    opened.close()
    with pytest.raises(DeviceError, match="closed"):
        opened.show(Scene(State.IDLE))


def test_without_a_screen_one_sentence_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(desktop_module, "CARDS", tmp_path)
    with pytest.raises(DeviceError, match="No screen: neither DISPLAY nor WAYLAND_DISPLAY is set"):
        WindowDisplay()


def test_a_screen_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("DISPLAY", ":987")
    with pytest.raises(DeviceError, match=r"cannot be opened on DISPLAY=:987: .*web"):
        WindowDisplay()


def test_without_pygame_the_error_says_how_to_install_it(
    screen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desktop_module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DeviceError, match=r"pip install 'speech2face-edge\[window\]'"):
        WindowDisplay()
