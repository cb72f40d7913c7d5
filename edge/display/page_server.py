"""The server of the page: what it answers, to whom, and to how many at once."""

from __future__ import annotations

import ipaddress
import logging
import re
import socket
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from edge.display.broadcast import Broadcast
from edge.display.token import Token

MAX_STREAMS = 8
MAX_CONNECTIONS = 32
EVENT_PAUSE_S = 0.1
"""at most ten events a second reach a page"""
ALIVE_S = 5.0
"""an unchanged scene is sent again this often: the page learns that the daemon lives, and the
server that a client is gone"""

PAGE = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/style.css": ("style.css", "text/css; charset=utf-8"),
    "/script.js": ("script.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

log = logging.getLogger(__name__)


class PageServer(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_port = False

    def __init__(self, host: str, port: int, latest: Broadcast, needed: Token | None) -> None:
        self.latest = latest
        self.token = needed
        self.streams = threading.BoundedSemaphore(MAX_STREAMS)
        self.only_loopback = is_loopback(host)
        self.page = {
            path: (resources.files("edge.display").joinpath("page", name).read_bytes(), kind)
            for path, (name, kind) in PAGE.items()
        }
        self._connections = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self.address_family = family(host)
        super().__init__((host, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the client a thread, unless all are taken."""
        if not self._connections.acquire(blocking=False):
            log.warning("event=web_refused reason=%r", "too many connections")
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one client, then free its place."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what went wrong with one client; the others do not notice."""
        error = sys.exc_info()[1]
        if isinstance(error, (ConnectionError, TimeoutError)):
            log.debug("event=web_client_gone error=%r", str(error))
        else:
            log.exception("event=web_request_failed")


class _Handler(BaseHTTPRequestHandler):
    server: PageServer
    server_version = "speech2face"
    sys_version = ""
    timeout = 10.0
    """seconds that a client may take to ask, or to take in what is sent"""

    def do_GET(self) -> None:
        if self.server.only_loopback and not is_loopback(_host_name(self.headers.get("Host", ""))):
            self._refuse(
                HTTPStatus.MISDIRECTED_REQUEST,
                "This page answers only to names of this machine: 127.0.0.1 or localhost.",
            )
            return
        if self.server.token and not self._may_look(self.server.token):
            return
        path = self.path.partition("?")[0]
        if path in self.server.page:
            self._send(*self.server.page[path])
        elif path == "/scene.json":
            self._send(self.server.latest.json(), "application/json")
        elif path == "/face.png":
            png = self.server.latest.png()
            if png is None:
                self._refuse(HTTPStatus.NOT_FOUND, "There is no face yet.")
            else:
                self._send(png, "image/png")
        elif path == "/events":
            self._stream()
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "There is nothing here. The page is at /.")

    do_HEAD = do_GET  # noqa: N815

    def _may_look(self, needed: Token) -> bool:
        """Whether the request knows the token; else it is answered here.

        One that has it in the address gets the cookie and goes on without, so that the token does
        not stay in the address bar.
        """
        cookie = f"speech2face_{self.server.server_port}"  # browsers share cookies among ports
        if needed.in_address(self.path):
            self.send_response(HTTPStatus.SEE_OTHER)
            self.send_header("Location", self.path.partition("?")[0])
            self.send_header("Set-Cookie", needed.as_cookie(cookie))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return False
        if needed.in_cookie(self.headers.get("Cookie", ""), cookie):
            return True
        self._refuse(
            HTTPStatus.FORBIDDEN,
            "This page needs its token. Open the address that the program told at its start: "
            "http://…/?token=…",
        )
        return False

    def _stream(self) -> None:
        if not self.server.streams.acquire(blocking=False):
            self._refuse(
                HTTPStatus.SERVICE_UNAVAILABLE, "Too many pages follow the face. Close some."
            )
            return
        try:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            if self.command == "HEAD":
                return
            serial = -1
            while not self.server.latest.closed:
                serial, event = self.server.latest.wait(serial, ALIVE_S)
                self.wfile.write(b"data: " + event + b"\n\n")
                time.sleep(EVENT_PAUSE_S)
        finally:
            self.server.streams.release()

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        self._send(f"{reason}\n".encode(), "text/plain; charset=utf-8", status)

    def _send(self, body: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def end_headers(self) -> None:
        """Add the headers that every answer carries, errors too."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Requests are only worth a line when debugging; the token is left out."""
        line = re.sub(r"(?<=token=)[^&\s\"']+", "…", format % args)
        log.debug("event=web_request line=%r", line)


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def family(host: str) -> socket.AddressFamily:
    """Of sockets for an address."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _host_name(header: str) -> str:
    """`localhost:8090` and `[::1]:8090` without the port; another port may be a tunnel's."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""
