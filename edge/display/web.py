"""A display that is a page: for kiosks, and for looking from a browser."""

from __future__ import annotations

import errno
import ipaddress
import logging
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
from edge.errors import DeviceError
from edge.scene import Scene

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


class WebDisplay:
    """A page with the latest scene at `url`; browsers follow it by server-sent events.

    Port 0 takes a free one. On a loopback address only requests to a loopback name are answered,
    which keeps foreign pages out (DNS rebinding). Raises DeviceError when the address cannot be
    taken. `show` only stores: clients are served by threads of their own.
    """

    name = "web"

    def __init__(self, host: str = "127.0.0.1", port: int = 8090) -> None:
        self.latest = Broadcast()
        try:
            self._server = _Server(host, port, self.latest)
        except (OSError, UnicodeError) as error:
            raise DeviceError(_why_not(host, port, error)) from error
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._server.server_address[1]}/"
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="web-display", daemon=True
        )
        self._thread.start()

    def show(self, scene: Scene) -> None:
        """Take over a scene; returns at once. Raises DeviceError after `close`."""
        if not self._thread.is_alive():
            raise DeviceError("The page is closed. Start the program again to open it.")
        self.latest.put(scene)

    def close(self) -> None:
        """Let go of the port and of all clients. May be called twice."""
        self.latest.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def free_port(host: str, port: int) -> str:
    """Why this port cannot be taken; empty when it can."""
    try:
        with socket.create_server((host, port), family=_family(host)):
            return ""
    except (OSError, UnicodeError) as error:
        return _why_not(host, port, error)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_port = False

    def __init__(self, host: str, port: int, latest: Broadcast) -> None:
        self.latest = latest
        self.streams = threading.BoundedSemaphore(MAX_STREAMS)
        self.only_loopback = is_loopback(host)
        self.page = {
            path: (resources.files("edge.display").joinpath("page", name).read_bytes(), kind)
            for path, (name, kind) in PAGE.items()
        }
        self._connections = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self.address_family = _family(host)
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
    server: _Server
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
        """Requests are only worth a line when debugging."""
        log.debug("event=web_request line=%r", format % args)


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _host_name(header: str) -> str:
    """`localhost:8090` and `[::1]:8090` without the port; another port may be a tunnel's."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _why_not(host: str, port: int, error: Exception) -> str:
    reasons = {
        errno.EADDRINUSE: "another program uses it. End that program, or set [display] web_port "
        "to another port (0 takes a free one)",
        errno.EACCES: "ports below 1024 are for the system. Set [display] web_port to a higher one",
        errno.EADDRNOTAVAIL: "this machine has no such address. Set [display] web_host to "
        "127.0.0.1, or to an address of this machine",
    }
    code = error.errno if isinstance(error, OSError) else None
    reason = reasons.get(code or 0, f"{error}. Set [display] web_host to 127.0.0.1")
    return f"The page cannot be served at port {port} of {host}: {reason}."
