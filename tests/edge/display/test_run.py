"""`s2f-edge run` on real displays: a page in Chromium, a window under X, a file."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "edge", "run", *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ},
    )


def finish(process: subprocess.Popen[str]) -> str:
    _, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    return err


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def long_voice(woman: Path, folder: Path) -> Path:
    """The woman's sample three times, so that the page has time to be looked at."""
    import soundfile

    sound, rate = soundfile.read(woman)
    soundfile.write(folder / "long.wav", np.concatenate([sound] * 3), rate)
    return folder / "long.wav"


def test_the_page_shows_the_face_and_follows_without_reload(
    browser, patiently, woman: Path, tmp_path: Path
) -> None:
    port = free_port()
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[display]\nkind = "web"\nweb_port = {port}\n')
    process = start("--config", settings, "--source", long_voice(woman, tmp_path))

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    patiently(answers, "the page")
    browser.open(f"http://127.0.0.1:{port}/")
    browser.js("window.neverReloaded = true")
    face = "[...document.images].find(i => /face\\.png/.test(i.src) && i.naturalWidth > 0)"
    browser.wait(f"!!{face}")
    first = browser.js(f"{face}.src")
    browser.wait(f"{face}.src != '{first}'")
    browser.wait("/female/.test(document.body.innerText)")
    assert browser.js("window.neverReloaded") is True
    text = browser.js("document.body.innerText")
    assert "Imagined from the voice" in text
    assert "age" in text.lower()
    picture = np.asarray(browser.picture(tmp_path / "page.png"), np.float32)
    assert picture.std() > 15
    finish(process)


def test_the_window_shows_the_face(screen, patiently, woman: Path, tmp_path: Path) -> None:
    before = np.asarray(screen.picture(tmp_path / "before.png"), np.float32)
    process = start("--display", "window", "--source", long_voice(woman, tmp_path))

    def shown() -> bool:
        now = np.asarray(screen.picture(tmp_path / "now.png"), np.float32)
        skin = (
            (now[..., 0] > now[..., 1] + 10) & (now[..., 1] > now[..., 2] + 5) & (now[..., 0] > 90)
        )
        return now.shape == before.shape and float(skin.mean()) > 0.03

    patiently(shown, "a face in the window")
    finish(process)


def test_closing_the_window_ends_the_program(screen, patiently, woman: Path, tmp_path) -> None:
    process = start("--display", "window", "--source", long_voice(woman, tmp_path))

    def window() -> str:
        found = subprocess.run(
            ["xdotool", "search", "--class", "speech2face"], capture_output=True, text=True
        )
        return found.stdout.strip()

    patiently(window, "the window")
    # not checked: the window may be gone before the key is let go
    subprocess.run(["xdotool", "key", "--window", window(), "Escape"], capture_output=True)
    assert "event=window_closed" in finish(process)


def test_the_screen_goes_and_comes_back_and_the_program_goes_on(
    screen, patiently, share_of, woman: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[display]\nkind = ["window", "png"]\npng_path = "{tmp_path / "f.png"}"\n')
    process = start("--config", settings, "--source", long_voice(woman, tmp_path))

    def shown() -> bool:
        now = screen.picture(tmp_path / "now.png")
        return share_of(now, (13, 17, 23)) > 0.1  # the pictures' background

    patiently(shown, "the window")
    screen.kill()
    screen.start()
    patiently(shown, "the window again")
    err = finish(process)
    assert err.count("event=window_gone") == err.count("event=window_back") == 1
    with Image.open(tmp_path / "f.png") as picture:
        assert np.asarray(picture, np.float32).std() > 20


def test_the_file_shows_the_last_face(woman: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[display]\nkind = "png"\npng_path = "{tmp_path / "face.png"}"\n')
    finish(start("--config", settings, "--source", woman))
    with Image.open(tmp_path / "face.png") as picture:
        assert np.asarray(picture, np.float32).std() > 20
    assert sorted(file.name for file in tmp_path.iterdir()) == ["face.png", "settings.toml"]


def test_no_screen_falls_back_to_the_page(woman: Path, tmp_path: Path, monkeypatch) -> None:
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(variable, raising=False)
    settings = tmp_path / "settings.toml"
    settings.write_text(f"[display]\nweb_port = {free_port()}\n")
    err = finish(start("--config", settings, "--source", woman))
    assert "display=web" in err
    assert "No screen" in err


def test_no_screen_for_a_window_is_said(s2f_edge, woman: Path, monkeypatch) -> None:
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(variable, raising=False)
    refused = s2f_edge("run", "--source", woman, "--display", "window")
    assert refused.code == 5
    assert refused.err.splitlines()[-1].startswith("s2f-edge: No screen:")


def test_a_file_that_cannot_be_played(s2f_edge, tmp_path: Path) -> None:
    (tmp_path / "cut.wav").write_bytes(b"RIFF")
    refused = s2f_edge("run", "--source", tmp_path / "cut.wav", "--display", "none")
    assert refused.code == 3
    assert "is not a sound file" in refused.err
