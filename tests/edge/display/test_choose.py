from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from edge.display import desktop
from edge.display.choose import available, open_display
from edge.display.framebuffer import FramebufferDisplay
from edge.display.memory import MemoryDisplay
from edge.display.several import SeveralDisplays
from edge.errors import DeviceError, WindowClosedError
from edge.scene import Display, Scene
from edge.settings import DisplaySettings, Panel
from edge.state import State


@pytest.fixture
def no_screen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(desktop, "CARDS", tmp_path)


def opened(settings: DisplaySettings) -> Display:
    display = open_display(settings)
    assert display is not None
    display.show(Scene(State.IDLE))
    display.close()
    return display


def test_the_settings_are_followed(tmp_path: Path, screen: Any) -> None:
    path = tmp_path / "face.png"
    assert opened(DisplaySettings(kind="png", png_path=str(path))).name == "png"
    assert path.exists()
    assert opened(DisplaySettings(kind="web", web_port=0)).name == "web"
    assert opened(DisplaySettings(kind="window")).name == "window"
    assert open_display(DisplaySettings(kind="none")) is None


def test_auto_takes_the_window_where_there_is_a_screen(
    screen: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert opened(DisplaySettings(web_port=0)).name == "window"
    assert "display=window driver=x11 reason='there is a screen'" in caplog.text


def test_auto_takes_the_page_without_a_screen(
    no_screen: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert opened(DisplaySettings(web_port=0)).name == "web"
    assert "display=web url=http://127.0.0.1:" in caplog.text
    assert "reason='No screen: neither DISPLAY nor" in caplog.text


def test_auto_takes_the_page_where_the_screen_does_not_answer(
    screen: Any, caplog: pytest.LogCaptureFixture
) -> None:
    screen.kill()
    with caplog.at_level(logging.INFO):
        assert opened(DisplaySettings(web_port=0)).name == "web"
    assert "cannot be opened on DISPLAY=" in caplog.text


def test_a_window_that_was_asked_for_by_name_is_not_replaced(no_screen: None) -> None:
    with pytest.raises(DeviceError, match="No screen"):
        open_display(DisplaySettings(kind="window"))


@pytest.fixture
def framebuffer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A framebuffer of 320 × 240 in 32 bits; its path."""
    sysfs = tmp_path / "sys" / "fb0"
    sysfs.mkdir(parents=True)
    for name, value in (("bits_per_pixel", 32), ("stride", 1280), ("virtual_size", "320,240")):
        (sysfs / name).write_text(f"{value}\n")
    (tmp_path / "fb0").write_bytes(bytes(1280 * 240))
    monkeypatch.setattr(FramebufferDisplay.__init__, "__defaults__", (None, sysfs.parent, 30.0))
    return str(tmp_path / "fb0")


def test_auto_takes_the_framebuffer_before_the_page(
    no_screen: None, framebuffer: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert opened(DisplaySettings(framebuffer=framebuffer)).name == "framebuffer"
    assert "display=framebuffer reason='No screen: " in caplog.text
    assert any(Path(framebuffer).read_bytes())


def test_auto_takes_the_page_where_the_framebuffer_cannot_be_drawn_on(
    no_screen: None, framebuffer: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "sys" / "fb0" / "bits_per_pixel").write_text("8\n")
    with caplog.at_level(logging.INFO):
        assert opened(DisplaySettings(framebuffer=framebuffer, web_port=0)).name == "web"
    assert "has 8 bits a pixel" in caplog.text


def test_a_desktop_that_does_not_answer_is_not_drawn_over(screen: Any, framebuffer: str) -> None:
    screen.kill()
    assert opened(DisplaySettings(framebuffer=framebuffer, web_port=0)).name == "web"


def test_several_at_once(tmp_path: Path, framebuffer: str) -> None:
    path = tmp_path / "face.png"
    settings = DisplaySettings(
        kind=["framebuffer", "png", "web"],
        framebuffer=framebuffer,
        png_path=str(path),
        web_port=0,
    )
    assert opened(settings).name == "framebuffer,png,web"
    assert path.exists()
    assert any(Path(framebuffer).read_bytes())


def test_those_that_cannot_be_opened_are_left_out(
    no_screen: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = str(tmp_path / "face.png")
    assert opened(DisplaySettings(kind=["window", "png"], png_path=path)).name == "png"
    assert "event=display_failed display=window problem='No screen" in caplog.text
    with pytest.raises(DeviceError, match=r"No screen: .* The picture /no/face.png cannot"):
        open_display(DisplaySettings(kind=["window", "png"], png_path="/no/face.png"))


class Broken(MemoryDisplay):
    """A display that always says the same."""

    def __init__(self, error: DeviceError) -> None:
        super().__init__()
        self.error = error

    def show(self, scene: Scene) -> None:
        raise self.error


def test_one_dead_display_does_not_stop_the_others() -> None:
    first, dead, last = MemoryDisplay(), Broken(DeviceError("It is gone.")), MemoryDisplay()
    displays = SeveralDisplays([first, dead, last])
    for state in (State.IDLE, State.LISTENING):
        with pytest.raises(DeviceError, match=r"^It is gone\.$"):
            displays.show(Scene(state))
    assert [scene.state for scene in last.scenes] == [State.IDLE, State.LISTENING]
    displays.close()
    assert first.closed
    assert last.closed


def test_a_window_that_was_closed_ends_the_program_also_beside_others() -> None:
    last = MemoryDisplay()
    closed, dead = Broken(WindowClosedError("closed")), Broken(DeviceError("dead"))
    with pytest.raises(WindowClosedError):
        SeveralDisplays([dead, closed, last]).show(Scene(State.IDLE))
    assert len(last.scenes) == 1


def test_the_doctor_learns_what_is_there(tmp_path: Path, screen: Any, framebuffer: str) -> None:
    settings = DisplaySettings(
        framebuffer=framebuffer, png_path=str(tmp_path / "face.png"), web_port=0
    )
    kinds = ("window", "framebuffer", "panel", "web", "png")
    assert [(kind.name, kind.usable) for kind in available(settings)] == [
        (name, True) for name in kinds
    ]
    assert all(kind.why for kind in available())


def test_the_doctor_learns_what_is_missing_and_why(tmp_path: Path, no_screen: None) -> None:
    page = open_display(DisplaySettings(kind="web", web_port=0))
    port = int(page.url.rstrip("/").rpartition(":")[2])  # type: ignore[union-attr]
    settings = DisplaySettings(
        web_port=port,
        png_path="/no/such/folder/face.png",
        framebuffer="/no/fb0",
        panel=Panel(device="st7798"),
    )
    reasons = ("No screen", "No framebuffer", "st7798", f"port {port}", "/no/such/folder")
    for kind, why in zip(available(settings), reasons, strict=True):
        assert not kind.usable
        assert why in kind.why
    assert page is not None
    page.close()


def test_the_display_in_memory_keeps_the_latest_scenes() -> None:
    display = MemoryDisplay(keep=2)
    for message in ("a", "b", "c"):
        display.show(Scene(State.FAULT, message=message))
    assert [scene.message for scene in display.scenes] == ["b", "c"]
    display.close()
    display.close()
    with pytest.raises(DeviceError):
        display.show(Scene(State.IDLE))
