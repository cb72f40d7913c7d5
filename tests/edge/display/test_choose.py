from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from edge.display import window
from edge.display.choose import available, open_display
from edge.display.memory import MemoryDisplay
from edge.errors import DeviceError
from edge.scene import Display, Scene
from edge.settings import DisplaySettings
from edge.state import State


@pytest.fixture
def no_screen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(window, "CARDS", tmp_path)


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
    assert "display=window reason='there is a screen (x11)'" in caplog.text


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


def test_the_doctor_learns_what_is_there(tmp_path: Path, screen: Any) -> None:
    settings = DisplaySettings(png_path=str(tmp_path / "face.png"), web_port=0)
    assert [(kind.name, kind.usable) for kind in available(settings)] == [
        ("window", True),
        ("web", True),
        ("png", True),
    ]
    assert all(kind.why for kind in available())


def test_the_doctor_learns_what_is_missing_and_why(tmp_path: Path, no_screen: None) -> None:
    page = open_display(DisplaySettings(kind="web", web_port=0))
    port = int(page.url.rstrip("/").rpartition(":")[2])  # type: ignore[union-attr]
    kinds = available(DisplaySettings(web_port=port, png_path="/no/such/folder/face.png"))
    assert [kind.usable for kind in kinds] == [False, False, False]
    for kind, why in zip(kinds, ("No screen", f"port {port}", "/no/such/folder"), strict=True):
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
