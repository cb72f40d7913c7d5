"""Addresses, passwords and certificates: what is refused, and with which words."""

from __future__ import annotations

import logging

import pytest

from edge.errors import BundleError, UsageError
from edge.mqtt.broker import broker
from edge.mqtt.catalogue import Catalogue
from edge.settings import Mqtt


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("mqtt://broker.example", "broker.example", 1883, False),
        ("mqtt://10.0.0.2:1884/", "10.0.0.2", 1884, False),
        ("mqtt://[::1]:1885", "::1", 1885, False),
        ("mqtts://broker.example", "broker.example", 8883, True),
        ("mqtts://bücher.example:8884", "xn--bcher-kva.example", 8884, True),
    ],
)
def test_addresses(url, host, port, tls):
    found = broker(Mqtt(broker=url))
    assert (found.host, found.port, found.tls is not None) == (host, port, tls)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "does not begin with mqtt://"),
        ("localhost", "does not begin with mqtt://"),
        ("localhost:1883", "does not begin with mqtt://"),
        ("mqtt:localhost", "does not begin with mqtt://"),
        ("ws://localhost:9001", "does not begin with mqtt://"),
        ("http://localhost", "does not begin with mqtt://"),
        ("mqtt://", "names no host"),
        ("mqtt://:1883", "names no host"),
        ("mqtt://two words", "names no host"),
        ("mqtt://localhost:0", "port 0"),
        ("mqtt://localhost:99999", "not an address"),
        ("mqtt://localhost:port", "not an address"),
        ("mqtt://[::1", "not an address"),
        ("mqtt://" + "a" * 70, "not an address"),
        ("mqtt://a..b", "not an address"),
        ("mqtt://localhost/topic", "something follows"),
        ("mqtt://localhost?x=1", "something follows"),
    ],
)
def test_bad_addresses(url, words):
    with pytest.raises(UsageError, match=words) as caught:
        broker(Mqtt(broker=url))
    assert "mqtts://HOST:PORT" in str(caught.value)


def test_a_password_in_the_address_is_refused_and_not_repeated():
    with pytest.raises(UsageError, match="password_file") as caught:
        broker(Mqtt(broker="mqtt://me:hunter2@localhost"))
    assert "hunter2" not in str(caught.value)


def test_password_file(tmp_path, caplog):
    path = tmp_path / "password"
    path.write_bytes("geheim ß\r\nsecond line\n".encode())
    path.chmod(0o600)
    settings = Mqtt(broker="mqtt://localhost", username="me", password_file=str(path))
    with caplog.at_level(logging.WARNING):
        found = broker(settings)
        assert (found.username, found.password) == ("me", "geheim ß")
        assert not caplog.records
        path.chmod(0o644)
        broker(settings)
    assert "readable_by=everybody" in caplog.text
    assert "geheim" not in caplog.text
    assert "geheim" not in repr(found)


def test_password_files_that_cannot_be_used(tmp_path):
    path = tmp_path / "password"
    settings = Mqtt(broker="mqtt://localhost", username="me", password_file=str(path))
    with pytest.raises(UsageError, match="cannot be read"):
        broker(settings)
    path.write_text("\n")
    with pytest.raises(UsageError, match="is empty"):
        broker(settings)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot be read"):
        broker(settings)
    with pytest.raises(UsageError, match="without a username"):
        broker(Mqtt(broker="mqtt://localhost", password_file=str(path)))


def test_ca_files_that_cannot_be_used(tmp_path):
    path = tmp_path / "ca.pem"
    with pytest.raises(UsageError, match="cannot be used"):
        broker(Mqtt(broker="mqtts://localhost", ca_file=str(path)))
    path.write_text("no certificate")
    with pytest.raises(UsageError, match="cannot be used"):
        broker(Mqtt(broker="mqtts://localhost", ca_file=str(path)))
    with pytest.raises(UsageError, match="not TLS"):
        broker(Mqtt(broker="mqtt://localhost", ca_file=str(path)))


@pytest.mark.parametrize("name", ["a/b", "+", "#", "it's", "", "größe"])
def test_attribute_names_that_are_no_topic_level(name):
    with pytest.raises(BundleError, match="cannot be part of an MQTT topic"):
        Catalogue(craniofacial=(name,))
