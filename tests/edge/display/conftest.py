"""Real parts for the display tests: an X server, a browser, and a drawn face."""

from __future__ import annotations

import base64
import json
import os
import select
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from edge.voice.estimate import Choice, Estimate, Quantity

PATIENCE_S = 60.0
"""how long a real part may take on a busy machine before a test fails"""

SKIN = (217, 160, 102)
OTHER_SKIN = (120, 80, 160)


def wait_until(condition: Callable[[], Any], what: str) -> Any:
    """The first true value of `condition`; fails the test when none comes."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited in vain for {what}")


@pytest.fixture
def patiently() -> Callable[[Callable[[], Any], str], Any]:
    return wait_until


def draw_face(skin: tuple[int, int, int]) -> Image.Image:
    face = Image.new("RGB", (128, 128), "#b8c4cf")
    draw = ImageDraw.Draw(face)
    draw.ellipse((26, 14, 102, 118), skin)
    for x in (48, 80):
        draw.ellipse((x - 7, 54, x + 7, 64), "white")
        draw.ellipse((x - 3, 55, x + 3, 63), "#334455")
    draw.arc((48, 80, 80, 102), 20, 160, "#aa3333", 3)
    return face


@pytest.fixture
def skin() -> tuple[int, int, int]:
    """The colour of which there is much in `face`, and nowhere else."""
    return SKIN


@pytest.fixture
def other_skin() -> tuple[int, int, int]:
    return OTHER_SKIN


@pytest.fixture
def face() -> Image.Image:
    return draw_face(SKIN)


@pytest.fixture
def other_face() -> Image.Image:
    return draw_face(OTHER_SKIN)


@pytest.fixture
def share_of() -> Callable[[Image.Image, tuple[int, int, int]], float]:
    """Share of a picture's pixels that are nearly of one colour."""

    def share(picture: Image.Image, colour: tuple[int, int, int]) -> float:
        pixels = np.asarray(picture.convert("RGB"), dtype=np.int16)
        return float((np.abs(pixels - np.array(colour)).max(axis=2) <= 6).mean())

    return share


@pytest.fixture
def estimate() -> Estimate:
    return Estimate(
        evidence_s=5.84,
        attributes={
            "gender": Choice("female", 0.97, {"female": 0.97, "male": 0.03, "child": 0.0}),
            "age": Quantity(34.2, 24.1, 46.8, "years", 0.8),
        },
        craniofacial={"nasal_index": 0.714},
        feature=np.full(4, 0.12345, np.float32),
        bundle="reference",
        bundle_sha256="0" * 64,
        front_end="reference-logmel64",
        runtime="litert",
    )


class Screen:
    """An X server of its own, without a monitor."""

    def __init__(self) -> None:
        self.display = ""
        self.start()

    def start(self) -> None:
        """Start it; again under the same name, when it was killed."""
        out, into = os.pipe()
        name = [self.display] if self.display else []
        options = ["-displayfd", str(into), "-screen", "0", "800x600x24", "-nolisten", "tcp"]
        self.process = subprocess.Popen(
            ["Xvfb", *name, *options], pass_fds=[into], stderr=subprocess.DEVNULL
        )
        os.close(into)
        with os.fdopen(out) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        self.display = f":{number}"

    def picture(self, into: Path) -> Image.Image:
        subprocess.run(
            ["import", "-display", self.display, "-window", "root", str(into)], check=True
        )
        return Image.open(into).convert("RGB")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    screen = Screen()
    for variable in ("WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("DISPLAY", screen.display)
    yield screen
    screen.kill()


class Desktop:
    """A Wayland compositor of its own, without a monitor: Weston."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, "wayland-test"
        self.environment = {
            **os.environ,
            "XDG_RUNTIME_DIR": str(folder),
            "WAYLAND_DISPLAY": self.name,
        }
        self.start()

    def start(self) -> None:
        """Start it; again under the same name, when it was killed."""
        # Its own screenshots are for clients it trusts: all, with --debug.
        options = "--backend=headless-backend.so --use-pixman --width=800 --height=600 --debug"
        self.process = subprocess.Popen(
            ["weston", *options.split(), f"--socket={self.name}", "--idle-time=0", "--no-config"],
            env={**self.environment, "WAYLAND_DISPLAY": ""},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until((self.folder / self.name).exists, "Weston")

    def picture(self, into: Path) -> Image.Image:
        """What is on its screen; a new file a picture, in the folder of `into`."""
        for old in into.parent.glob("wayland-screenshot*"):
            old.unlink()
        subprocess.run(
            ["weston-screenshooter"],
            cwd=into.parent,
            env={**self.environment, "XDG_PICTURES_DIR": str(into.parent)},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return Image.open(next(into.parent.glob("wayland-screenshot*"))).convert("RGB")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def desktop(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desktop]:
    folder = tmp_path_factory.mktemp("run")
    folder.chmod(0o700)
    desktop = Desktop(folder)
    for variable in ("DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.setenv("WAYLAND_DISPLAY", desktop.name)
    yield desktop
    desktop.kill()


class Browser:
    """A headless Chromium, driven over a pipe by the Chrome DevTools Protocol."""

    OPTIONS = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
        "--disable-background-networking --disable-component-update --disable-dev-shm-usage "
        "--remote-debugging-pipe"
    )

    def __init__(self, profile: Path) -> None:
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # Chromium reads commands from descriptor 3 and writes answers to descriptor 4.
        options = f"{self.OPTIONS} --user-data-dir={shlex.quote(str(profile))}"
        self.process = subprocess.Popen(
            ["bash", "-c", f"exec chromium {options} 3<&{theirs_in} 4>&{theirs_out}"],
            pass_fds=[theirs_in, theirs_out],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._read = b""
        self._number = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self.events.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._read:
            ready, _, _ = select.select([self._in], [], [], PATIENCE_S)
            assert ready, "Chromium does not answer"
            got = os.read(self._in, 1 << 20)
            assert got, "Chromium has ended"
            self._read += got
        message, _, self._read = self._read.partition(b"\0")
        return json.loads(message)

    def open(self, url: str, width: int = 1280, height: int = 720) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        self.call("Page.navigate", url=url)
        self.wait("location.href != 'about:blank' && document.readyState == 'complete'")

    def js(self, expression: str) -> Any:
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, expression: str) -> Any:
        return wait_until(lambda: self.js(expression), expression)

    def picture(self, into: Path) -> Image.Image:
        into.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))
        return Image.open(into).convert("RGB")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._in)
        os.close(self._out)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    browser = Browser(tmp_path / "profile")
    yield browser
    browser.close()
