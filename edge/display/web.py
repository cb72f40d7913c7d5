"""A display that is a page: for kiosks, and for looking from a browser."""

from __future__ import annotations

import errno
import ipaddress
import socket
import threading

from edge.display.broadcast import Broadcast
from edge.display.page_server import PageServer, family, is_loopback
from edge.display.token import token
from edge.errors import DeviceError
from edge.scene import Scene
from edge.settings import DisplaySettings


class WebDisplay:
    """A page with the latest scene at `url`; browsers follow it by server-sent events.

    Port 0 takes a free one. On a loopback address only requests to a loopback name are answered,
    which keeps foreign pages out (DNS rebinding). On any other address a request has to know the
    token, which is in `url`. Raises DeviceError when the address cannot be taken. `show` only
    stores: clients are served by threads of their own.
    """

    name = "web"

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 8090,
        settings: DisplaySettings | None = None,
    ) -> None:
        settings = settings or DisplaySettings()
        self.latest = Broadcast(settings)
        needed = None if is_loopback(host) else token(settings.web_token_file)
        try:
            self._server = PageServer(host, port, self.latest, needed)
        except (OSError, UnicodeError) as error:
            raise DeviceError(_why_not(host, port, error)) from error
        shown = _reachable(host)
        shown = f"[{shown}]" if ":" in shown else shown
        query = f"?token={needed.secret}" if needed else ""
        self.url = f"http://{shown}:{self._server.server_address[1]}/{query}"
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
        with socket.create_server((host, port), family=family(host)):
            return ""
    except (OSError, UnicodeError) as error:
        return _why_not(host, port, error)


def _reachable(host: str) -> str:
    """An address under which others find a page that is served at all of them."""
    try:
        if not ipaddress.ip_address(host).is_unspecified:
            return host
    except ValueError:
        return host
    with socket.socket(family(host), socket.SOCK_DGRAM) as probe:
        try:  # nothing is sent; the kernel only says from where it would be (TEST-NET, RFC 5737)
            probe.connect(("2001:db8::1" if ":" in host else "192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()


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
