"""Chatter stays out of the terminal, and is shown when something fails."""

from __future__ import annotations

import errno
import os
import sys

import pytest

from convert.errors import ConvertError
from convert.quiet import quiet


def test_what_is_written_is_kept_back(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet("Converting"):
        sys.stdout.write("python")
        os.write(2, b"and C++")
    assert capfd.readouterr() == ("", "")


def fail(noise: bytes, words: str, error: Exception) -> None:
    with quiet("Converting"):
        os.write(2, noise)
        sys.stderr.write(words)
        raise error


def test_a_failure_shows_the_end_of_it_without_the_noise() -> None:
    noise = b"W0000 00:00:17 1 computation_placer.cc:177] already registered\n"
    with pytest.raises(ConvertError) as caught:
        fail(noise, "unknown operator", ValueError("no such operator"))
    assert str(caught.value) == "Converting failed. ValueError: no such operator\nunknown operator"


def test_a_program_that_ends_itself_has_failed() -> None:
    with pytest.raises(ConvertError, match="Converting failed"), quiet("Converting"):
        sys.exit(1)


def test_a_full_disk_is_said_in_words() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "saved_model.pb")
    with pytest.raises(ConvertError, match=r"no space left on the disk.*continues where it was"):
        fail(b"", "", full)
