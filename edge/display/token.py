"""The token of a page that others can reach: told once in the address, then kept as a cookie."""

from __future__ import annotations

import logging
import re
import secrets
import stat
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from edge.errors import UsageError

COOKIE_AGE_S = 365 * 24 * 3600

log = logging.getLogger(__name__)


class Token:
    """A secret of URL-safe signs that a request has to know."""

    def __init__(self, secret: str) -> None:
        self.secret = secret

    def in_address(self, path: str) -> bool:
        """Whether a request's path carries it: `/?token=…`."""
        return any(map(self._is, parse_qs(urlsplit(path).query).get("token", [])))

    def in_cookie(self, header: str, name: str) -> bool:
        """Whether a request's Cookie header carries it under a name."""
        try:
            cookie = SimpleCookie(header).get(name)
        except CookieError:
            return False
        return cookie is not None and self._is(cookie.value)

    def as_cookie(self, name: str) -> str:
        """The Set-Cookie header that makes a browser keep it. Scripts of the page cannot read it.

        Lax and not Strict: a kiosk may be sent to the page by a link.
        """
        return f"{name}={self.secret}; Max-Age={COOKIE_AGE_S}; Path=/; HttpOnly; SameSite=Lax"

    def _is(self, told: str) -> bool:
        """In a time that does not depend on how much of it is right."""
        return secrets.compare_digest(told.encode(), self.secret.encode())


def token(file: str) -> Token:
    """The token in the first line of a file, or a new one without a file. Raises UsageError."""
    if not file:
        return Token(secrets.token_urlsafe(16))
    path = Path(file)
    try:
        mode = path.stat().st_mode
        first = path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The token file {path} of [display] cannot be read: {error}. Write a token into its "
            "first line and let this program's user read it."
        ) from error
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,128}", first):
        raise UsageError(
            f"The first line of the token file {path} of [display] is no token. It takes 16 to 128 "
            "letters, digits, - or _, e.g. from `openssl rand -hex 16`."
        )
    if mode & stat.S_IROTH:
        log.warning("token_file=%s readable_by=everybody fix='chmod o-r %s'", path, path)
    return Token(first)
