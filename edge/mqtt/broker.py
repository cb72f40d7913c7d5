"""The broker: its address, how to log in, and its refusals in words."""

from __future__ import annotations

import logging
import ssl
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from edge.errors import UsageError
from edge.settings import Mqtt

logger = logging.getLogger(__name__)

PORTS = {"mqtt": 1883, "mqtts": 8883}
EXAMPLE = "Write mqtt://HOST, mqtt://HOST:PORT, or mqtts://HOST:PORT for TLS"


@dataclass(frozen=True)
class Broker:
    """Where the broker is and how to log in."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    username: str | None
    password: str | None

    def __repr__(self) -> str:
        return f"{self.host}:{self.port}"


def broker(settings: Mqtt) -> Broker:
    """Read the settings, the password and the CA file. Raises UsageError."""
    scheme, host, port = _address(settings.broker)
    if settings.password_file and not settings.username:
        raise UsageError("[mqtt] password_file is set without a username. Set [mqtt] username too.")
    if settings.ca_file and scheme != "mqtts":
        raise UsageError(
            "[mqtt] ca_file is set, but the broker's address is not TLS. "
            "Write mqtts://HOST:PORT, or remove ca_file."
        )
    return Broker(
        host=host,
        port=port,
        tls=_tls(settings.ca_file) if scheme == "mqtts" else None,
        username=settings.username or None,
        password=_password(Path(settings.password_file)) if settings.password_file else None,
    )


def client(broker: Broker, protocol: str, identity: str) -> paho.Client:
    """A client that is ready to connect. `protocol` is `5` or `3.1.1`."""
    old = protocol == "3.1.1"
    made = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=identity,
        clean_session=True if old else None,
        protocol=paho.MQTTv311 if old else paho.MQTTv5,
    )
    if broker.username is not None:
        made.username_pw_set(broker.username, broker.password)
    if broker.tls is not None:
        made.tls_set_context(broker.tls)
    return made


def refusal(reason: str, settings: Mqtt) -> str:
    """Why a broker refuses a connection, by the reason as paho names it, in whole sentences."""
    if reason in ("Not authorized", "Bad user name or password"):
        user = f"user {settings.username!r}" if settings.username else "a client without user name"
        return (
            f"The broker refuses {user}: {reason}. "
            "Check [mqtt] username and password_file, and the broker's access list."
        )
    if reason == "Unsupported protocol version":
        other = "3.1.1" if settings.protocol == "5" else "5"
        return (
            f'The broker does not speak MQTT {settings.protocol}. Set [mqtt] protocol = "{other}".'
        )
    return f"The broker refuses the connection: {reason}."


def _address(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a broker's address."""
    wrong = f"[mqtt] broker is {url!r}, and"
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError as error:  # also what idna raises
        raise UsageError(f"{wrong} that is not an address: {error}. {EXAMPLE}.") from error
    if parts.username is not None or parts.password is not None:
        # the address may hold a password: it is not repeated
        raise UsageError(
            "[mqtt] broker holds a user name, and addresses end up in logs. "
            "Set [mqtt] username and password_file instead."
        )
    if parts.scheme not in PORTS or not url.lower().startswith(f"{parts.scheme}://"):
        raise UsageError(f"{wrong} that does not begin with mqtt:// or mqtts://. {EXAMPLE}.")
    if not host or any(character.isspace() for character in host):
        raise UsageError(f"{wrong} that names no host. {EXAMPLE}.")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise UsageError(
            f"{wrong} something follows host and port. {EXAMPLE}; "
            "topics are set by [mqtt] base_topic and [device] name."
        )
    if port == 0:
        raise UsageError(f"{wrong} no broker listens on port 0. {EXAMPLE}.")
    return parts.scheme, host, port or PORTS[parts.scheme]


def _password(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        first = path.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The password file {path} of [mqtt] cannot be read: {error}. "
            "Write the password into its first line and let this program's user read it."
        ) from error
    if not first:
        raise UsageError(
            f"The first line of the password file {path} of [mqtt] is empty. "
            "Write the password into it."
        )
    if mode & stat.S_IROTH:
        logger.warning("password_file=%s readable_by=everybody fix='chmod o-r %s'", path, path)
    return first


def _tls(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        raise UsageError(
            f"The certificate {ca_file} of [mqtt] ca_file cannot be used: {error}. "
            "Name a PEM file with the certificate that signed the broker's."
        ) from error
