from __future__ import annotations

import http.client
import io
import json
import logging
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from edge.display import broadcast, page_server
from edge.display.care import Look
from edge.display.languages import LANGUAGES
from edge.display.page_server import is_loopback
from edge.display.web import WebDisplay, free_port
from edge.errors import DeviceError, UsageError
from edge.scene import CAPTION, Scene
from edge.settings import DisplaySettings
from edge.state import State
from edge.voice.estimate import Estimate

Colour = tuple[int, int, int]
ShareOf = Callable[[Image.Image, Colour], float]
Patiently = Callable[[Callable[[], Any], str], Any]


@pytest.fixture
def page() -> Iterator[WebDisplay]:
    display = WebDisplay(port=0)
    yield display
    display.close()


def port_of(page: WebDisplay) -> int:
    port = urlsplit(page.url).port
    assert port
    return port


def get(page: WebDisplay, path: str, host: str | None = None, method: str = "GET") -> Any:
    """Status, headers and body of one answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port_of(page), timeout=30)
    connection.request(method, path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body


class Stream:
    """A client of the event stream."""

    def __init__(self, page: WebDisplay) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port_of(page), timeout=30)
        self.connection.request("GET", "/events")
        self.answer = self.connection.getresponse()

    def next(self) -> dict[str, Any] | None:
        """The next event; None at the end of the stream."""
        while line := self.answer.readline():
            if line.startswith(b"data: "):
                return json.loads(line[6:])
        return None

    def until(self, message: str) -> dict[str, Any]:
        while (event := self.next()) is not None:
            if event["message"] == message:
                return event
        raise AssertionError("the stream ended")

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


def test_the_page_shows_the_face_and_the_next_scene_without_reload(
    page: WebDisplay,
    browser: Any,
    estimate: Estimate,
    face: Image.Image,
    other_face: Image.Image,
    skin: Colour,
    other_skin: Colour,
    share_of: ShareOf,
    patiently: Patiently,
    tmp_path: Path,
) -> None:
    page.show(Scene(State.SPEAKING, estimate, face))
    browser.open(page.url)
    shot = tmp_path / "page.png"
    patiently(lambda: share_of(browser.picture(shot), skin) > 0.05, "the face on the page")
    text = browser.js("document.body.innerText")
    for words in ("Speaking", "female, 97\u00a0%", "34 (24–47)", "5.8 s of speech heard", CAPTION):
        assert words in text
    assert CAPTION in browser.js("document.querySelector('.face.seen').alt")

    browser.js("window.sameDocument = true")
    page.show(Scene(State.HOLDING, estimate, other_face))
    patiently(lambda: share_of(browser.picture(shot), other_skin) > 0.05, "the second face")
    assert share_of(browser.picture(shot), skin) < 0.001
    assert browser.js("window.sameDocument"), "the page was not loaded again"
    assert browser.js("document.getElementById('word').textContent") == "Holding"

    page.show(Scene(State.IDLE))
    browser.wait("document.querySelectorAll('.face.seen').length == 0")
    browser.wait("document.getElementById('suggestion').hidden")
    patiently(lambda: share_of(browser.picture(shot), other_skin) < 0.01, "no face")

    asked = [e["params"]["request"]["url"] for e in browser.events if "request" in e["params"]]
    assert asked
    assert all(url.startswith(page.url) for url in asked), "nothing is fetched from elsewhere"
    trouble = ("Log.entryAdded", "Runtime.exceptionThrown")
    assert [event for event in browser.events if event["method"] in trouble] == []


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_the_page_fits_kiosk_and_phone(
    page: WebDisplay, browser: Any, estimate: Estimate, face: Image.Image, size: tuple[int, int]
) -> None:
    page.show(Scene(State.SPEAKING, estimate, face))
    browser.open(page.url, *size)
    browser.wait("document.querySelectorAll('.face.seen').length == 1")
    assert browser.js("document.documentElement.scrollWidth") <= size[0]
    for part in ("frame", "caption", "state"):
        box = f"document.getElementById('{part}').getBoundingClientRect()"
        assert browser.js(f"{box}.bottom") <= size[1]
        assert browser.js(f"{box}.right") <= size[0]


def test_the_page_says_when_the_daemon_is_gone_and_comes_back(browser: Any) -> None:
    first = WebDisplay(port=0)
    browser.open(first.url)
    browser.wait("document.getElementById('word').textContent == 'Idle'")
    first.close()
    browser.wait("!document.getElementById('lost').hidden")
    assert "does not answer" in browser.js("document.getElementById('lost').textContent")
    second = WebDisplay(port=port_of(first))
    second.show(Scene(State.FAULT, message="No microphone. Connect one."))
    browser.wait("document.getElementById('message').textContent == 'No microphone. Connect one.'")
    browser.wait("document.getElementById('lost').hidden")
    second.close()


def test_a_page_too_many_fetches_instead(
    page: WebDisplay, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = [Stream(page) for _ in range(page_server.MAX_STREAMS)]
    assert [stream.answer.status for stream in streams] == [200] * page_server.MAX_STREAMS
    status, _, body = get(page, "/events")
    assert (status, body) == (503, b"Too many pages follow the face. Close some.\n")
    page.show(Scene(State.MUTED))
    browser.open(page.url)
    browser.wait("document.getElementById('word').textContent == 'Muted'")
    assert browser.js("document.getElementById('lost').hidden")
    for stream in streams:
        stream.close()


def test_the_face_is_served_whole_and_encoded_once(
    page: WebDisplay, face: Image.Image, other_face: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[Image.Image] = []
    encode = broadcast._encode
    monkeypatch.setattr(broadcast, "_encode", lambda face: (encoded.append(face), encode(face))[1])
    assert get(page, "/face.png")[0] == 404
    page.show(Scene(State.SPEAKING, face=face, level=0.1))
    urls = {json.loads(get(page, "/scene.json")[2])["face"]}
    page.show(Scene(State.SPEAKING, face=face, level=0.2))
    urls.add(json.loads(get(page, "/scene.json")[2])["face"])
    assert len(urls) == 1, "the same face keeps its address"
    for _ in range(3):
        status, headers, body = get(page, f"/{next(iter(urls))}")
        assert (status, headers["Content-Type"]) == (200, "image/png")
        assert Image.open(io.BytesIO(body)).tobytes() == face.tobytes()
    page.show(Scene(State.SPEAKING, face=other_face))
    assert json.loads(get(page, "/scene.json")[2])["face"] not in urls
    assert Image.open(io.BytesIO(get(page, "/face.png")[2])).tobytes() == other_face.tobytes()
    assert encoded == [face, other_face]


@pytest.mark.parametrize("path", ["/", "/style.css", "/script.js", "/icon.svg", "/scene.json"])
def test_every_answer_forbids_what_the_page_does_not_need(page: WebDisplay, path: str) -> None:
    status, headers, body = get(page, path)
    assert status == 200
    assert body
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers
    assert int(headers["Content-Length"]) == len(body)
    assert get(page, path, method="HEAD")[2] == b""


@pytest.mark.parametrize("path", ["/../web.py", "/page/index.html", "/%2e%2e/web.py", "/nothing"])
def test_nothing_else_is_served(page: WebDisplay, path: str) -> None:
    assert get(page, path)[0] == 404
    assert get(page, path, method="POST")[0] == 501


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8090", "127.0.0.1.evil.example"])
@pytest.mark.parametrize("path", ["/", "/face.png", "/scene.json", "/events"])
def test_a_foreign_name_is_refused_on_loopback(page: WebDisplay, host: str, path: str) -> None:
    status, _, body = get(page, path, host)
    assert (status, body.split(b":")[0]) == (
        421,
        b"This page answers only to names of this machine",
    )


@pytest.mark.parametrize("host", ["localhost:8090", "LOCALHOST", "127.0.0.1:9", "[::1]:8090"])
def test_names_of_this_machine_are_answered(page: WebDisplay, host: str) -> None:
    assert get(page, "/scene.json", host)[0] == 200


@pytest.mark.parametrize(
    "request_line", [b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nHost: [\r\n\r\n"]
)
def test_a_missing_or_broken_name_is_refused(page: WebDisplay, request_line: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port_of(page)), timeout=30) as client:
        client.sendall(request_line)
        assert client.recv(1000).startswith(b"HTTP/1.0 421 ")


@pytest.fixture
def open_page(tmp_path: Path) -> Iterator[WebDisplay]:
    """A page that others may reach, with a token of its owner."""
    file = tmp_path / "token"
    file.write_text("a-token-of-the-owner\n")
    file.chmod(0o600)
    display = WebDisplay("0.0.0.0", 0, DisplaySettings(web_token_file=str(file)))
    yield display
    display.close()


def with_cookie(page: WebDisplay, path: str, cookie: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port_of(page), timeout=30)
    connection.request("HEAD", path, headers={"Cookie": cookie, "Host": "kiosk.local:8090"})
    status = connection.getresponse().status
    connection.close()
    return status


PATHS = ("/", "/style.css", "/script.js", "/scene.json", "/face.png", "/events", "/nothing")


@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong", "?token=a-token-of-the-owne"])
@pytest.mark.parametrize("path", PATHS)
def test_an_open_page_answers_nobody_without_its_token(
    open_page: WebDisplay, path: str, query: str
) -> None:
    status, headers, body = get(open_page, path + query)
    assert status == 403
    assert b"needs its token" in body
    assert "Set-Cookie" not in headers


def test_the_token_becomes_a_cookie(open_page: WebDisplay) -> None:
    open_page.show(Scene(State.IDLE))
    status, headers, _ = get(open_page, "/?token=a-token-of-the-owner", "kiosk.local:8090")
    assert (status, headers["Location"]) == (303, "/")
    cookie, *rules = headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(rules)
    for path in ("/", "/scene.json", "/events"):
        assert with_cookie(open_page, path, cookie) == 200
        assert with_cookie(open_page, path, f"other=1; {cookie}; more=2") == 200
        assert with_cookie(open_page, path, cookie[:-1]) == 403
        assert with_cookie(open_page, path, cookie.replace("speech2face_", "x")) == 403
        assert with_cookie(open_page, path, "=;;,") == 403


def test_a_browser_follows_an_open_page_and_forgets_the_token_in_the_address(
    open_page: WebDisplay, browser: Any, estimate: Estimate, face: Image.Image
) -> None:
    open_page.show(Scene(State.SPEAKING, estimate, face))
    browser.open(f"http://127.0.0.1:{port_of(open_page)}/?token=a-token-of-the-owner")
    browser.wait("document.querySelector('.face.seen')?.naturalWidth > 0")
    assert browser.js("location.search") == ""
    assert browser.js("document.cookie") == "", "no script can read it"
    open_page.show(Scene(State.HOLDING, estimate, face))
    browser.wait("document.getElementById('word').textContent == 'Holding'")


def test_the_address_has_a_token_only_where_others_can_reach_the_page(page: WebDisplay) -> None:
    assert "token" not in page.url
    first, second = (WebDisplay("0.0.0.0", 0) for _ in range(2))
    one, other = (urlsplit(display.url) for display in (first, second))
    assert one.query.startswith("token=")
    assert one.query != other.query, "a new one at every start"
    assert one.hostname != "0.0.0.0", "an address that others can open"
    status, _, _ = get(first, f"/?{one.query}")
    assert status == 303
    first.close()
    second.close()


def test_the_token_is_not_in_the_log(
    open_page: WebDisplay, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        get(open_page, "/?token=a-token-of-the-owner")
        get(open_page, "/?x=1&token=a-token-of-the-owner&y=2")
    assert "web_request" in caplog.text
    assert "of-the-owner" not in caplog.text


@pytest.mark.parametrize("text", ["", "short", "with spaces in the token\n", "ümlaut-in-the-token"])
def test_a_file_without_a_token_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "token").write_text(text)
    with pytest.raises(UsageError, match=r"is no token\. It takes 16 to 128"):
        WebDisplay("0.0.0.0", 0, DisplaySettings(web_token_file=str(tmp_path / "token")))
    with pytest.raises(UsageError, match=r"token file .* cannot be read"):
        WebDisplay("0.0.0.0", 0, DisplaySettings(web_token_file=str(tmp_path / "none")))


@pytest.mark.parametrize("language", ["de", "zh"])
def test_the_page_speaks_the_language_of_the_settings(
    browser: Any, estimate: Estimate, face: Image.Image, language: Any
) -> None:
    said = LANGUAGES[language]
    display = WebDisplay(port=0, settings=DisplaySettings(language=language, kiosk_notice=True))
    browser.open(display.url)
    browser.wait(f"document.documentElement.lang == '{language}'")
    text = browser.js("document.body.innerText")
    assert said.kiosk in text
    assert said.caption in text
    assert said.states[State.IDLE][0] in text
    display.show(Scene(State.SPEAKING, estimate, face))
    browser.wait(
        f"document.getElementById('word').textContent == '{said.states[State.SPEAKING][0]}'"
    )
    browser.wait("document.querySelector('.face.seen')?.naturalWidth > 0")
    text = browser.js("document.body.innerText")
    assert said.kiosk not in text
    assert said.names["female"] in text
    assert not any(word in text.lower() for word in ("speech", "voice", "gender", "measures"))
    display.close()
    browser.wait("document.body.classList.contains('lost')")
    assert browser.js("document.getElementById('lost').textContent") == said.page["lost"]


def test_the_page_is_dimmed_shifted_and_black(
    browser: Any, face: Image.Image, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = [Look(1.0, (0, 0))]
    monkeypatch.setattr(broadcast, "look", lambda *_: now[0])
    display = WebDisplay(port=0)
    scene = Scene(State.SPEAKING, face=face)
    display.show(scene)
    browser.open(display.url)
    browser.wait("document.querySelector('.face.seen')?.naturalWidth > 0")
    left = browser.js("document.getElementById('frame').getBoundingClientRect().left")

    def mean() -> float:
        return float(np.asarray(browser.picture(tmp_path / "page.png"), float).mean())

    bright = mean()
    now[0] = Look(0.3, (3, -3))
    display.show(scene)
    browser.wait(f"document.getElementById('frame').getBoundingClientRect().left == {left} + 3")
    browser.wait("getComputedStyle(document.body, '::after').opacity == '0.7'")
    assert mean() == pytest.approx(0.3 * bright, rel=0.1)
    now[0] = Look(0.0, (0, 0))
    display.show(scene)
    browser.wait("getComputedStyle(document.body, '::after').opacity == '1'")
    assert mean() == 0
    display.close()


def test_a_client_that_does_not_read_holds_nobody_up(page: WebDisplay, estimate: Estimate) -> None:
    dead = socket.socket()
    dead.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    dead.connect(("127.0.0.1", port_of(page)))
    dead.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    alive = Stream(page)
    alive.next()
    for number in range(200):
        page.show(Scene(State.FAULT, estimate, message=f"{number} " + "x" * 100_000))
    page.show(Scene(State.FAULT, message="the last one"))
    alive.until("the last one")
    alive.close()
    dead.close()


def test_a_stream_tells_changes_and_leaves_old_scenes_out(page: WebDisplay) -> None:
    stream = Stream(page)
    assert stream.answer.headers["Content-Type"] == "text/event-stream"
    event = stream.next()
    assert event is not None
    assert event["state"]["name"] == "idle"
    for number in range(1000):
        page.show(Scene(State.FAULT, message=str(number)))
    events = 1
    while (event := stream.next()) and event["message"] != "999":
        events += 1
    assert events < 500
    stream.close()


def test_streams_end_with_the_display_and_free_their_places(
    page: WebDisplay, patiently: Patiently, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_server, "ALIVE_S", 0.05)
    for _ in range(3):
        streams = [Stream(page) for _ in range(page_server.MAX_STREAMS)]
        for stream in streams:
            stream.close()
        patiently(lambda: page._server.streams._value == page_server.MAX_STREAMS, "free places")
    last = Stream(page)
    page.close()
    while last.next():
        pass
    page.close()
    with pytest.raises(DeviceError, match="closed"):
        page.show(Scene(State.IDLE))


def test_too_many_connections_are_turned_away_and_places_come_back(
    page: WebDisplay, patiently: Patiently
) -> None:
    most = page_server.MAX_CONNECTIONS
    silent = [socket.create_connection(("127.0.0.1", port_of(page))) for _ in range(most)]
    patiently(lambda: page._server._connections._value == 0, "all places taken")
    with pytest.raises((urllib.error.URLError, ConnectionError, http.client.RemoteDisconnected)):
        urllib.request.urlopen(page.url, timeout=30)
    for client in silent:
        client.close()
    patiently(lambda: page._server._connections._value == most, "free places")
    assert get(page, "/")[0] == 200


def test_a_port_in_use_is_named_and_what_to_do(page: WebDisplay) -> None:
    port = port_of(page)
    wanted = rf"port {port} of 127\.0\.0\.1: another program uses it\..*web_port"
    with pytest.raises(DeviceError, match=wanted):
        WebDisplay(port=port)
    assert str(port) in free_port("127.0.0.1", port)
    assert free_port("127.0.0.1", 0) == ""


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-name.invalid", "not a name", "x" * 300])
def test_an_address_of_another_machine_is_refused(host: str) -> None:
    with pytest.raises(DeviceError, match="web_host"):
        WebDisplay(host, 0)


def test_the_page_is_served_over_ipv6_too() -> None:
    display = WebDisplay("::1", 0)
    assert display.url.startswith("http://[::1]:")
    assert urllib.request.urlopen(display.url, timeout=30).status == 200
    display.close()


def test_what_is_loopback() -> None:
    names = ("127.0.0.1", "127.9.9.9", "::1", "localhost", "0.0.0.0", "192.168.1.2", "a.b", "")
    assert [is_loopback(name) for name in names] == [True] * 4 + [False] * 4
