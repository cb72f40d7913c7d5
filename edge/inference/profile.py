"""What `s2f-edge bench` found to be fastest on this machine, and the daemon uses."""

from __future__ import annotations

import logging
import os
from importlib import metadata
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from edge.errors import UsageError
from edge.inference.manifest import Target
from edge.inference.runtime import RUNTIMES, installed_runtimes
from edge.replace import replace_file

log = logging.getLogger(__name__)

SCHEMA = 1
WORTH = 0.9
"""share of the usual way's time below which another way, or more threads, are taken: less is noise,
and a second runtime in the daemon costs memory"""
NO_HOME = Path("/var/cache")
"""where a user without a home keeps it"""


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fastest way of a stage with so many threads."""

    threads: Annotated[int, msgspec.Meta(ge=1)]
    runtime: str
    """setting"""
    xnnpack: bool
    ms: float


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of one bundle on one machine."""

    schema: int
    bundle_sha256: str
    target: Target
    machine: str
    runtimes: dict[str, str]
    """version of each, and of NumPy"""
    voice: list[Choice]
    face: list[Choice]

    def best(self, stage: str, most_threads: int) -> Choice | None:
        """The fastest way with at most so many threads, more of them only where it is worth it."""
        choices = self.voice if stage == "voice" else self.face
        best: Choice | None = None
        for choice in sorted(choices, key=lambda each: each.threads):
            if choice.threads <= most_threads:
                best = faster(best, choice)
        return best


def faster(usual: Choice | None, other: Choice) -> Choice:
    """The other one if it is clearly faster, else the usual one."""
    return other if usual is None or other.ms < WORTH * usual.ms else usual


def versions() -> dict[str, str]:
    """Of the installed runtimes, by setting, and of NumPy. Loads none of them."""
    found = {"numpy": np.__version__}
    for setting in installed_runtimes():
        try:
            found[setting] = metadata.version(RUNTIMES[setting][1])
        except metadata.PackageNotFoundError:
            found[setting] = ""  # a module that no package manager put there
    return found


def profile_path(setting: str = "") -> Path:
    """Where the profile lies: as set, or in the user's cache (XDG Base Directory)."""
    if setting:
        return Path(setting)
    return _cache() / "speech2face-edge" / "profile.json"


def _cache() -> Path:
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if named.is_absolute():  # a relative one is to be ignored
        return named
    try:
        return Path.home() / ".cache"
    except RuntimeError:
        return NO_HOME


def save(profile: Profile, path: Path) -> None:
    """Write it. Raises UsageError where that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = msgspec.json.format(msgspec.json.encode(profile), indent=2) + b"\n"
        replace_file(path, lambda file: file.write(text))
    except OSError as error:
        raise UsageError(
            f"The profile {path} cannot be written: {error.strerror}. Set [inference] profile to "
            "a file in a folder that this user may write to."
        ) from error


def load(path: Path, bundle_sha256: str, target: Target, machine: str) -> Profile | None:
    """The profile, if it is of this bundle, this machine and these runtimes."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Profile)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        log.warning("event=profile_ignored file=%s because=%r", path, str(error))
        return None
    wanted = (SCHEMA, bundle_sha256, target, machine)
    if (found.schema, found.bundle_sha256, found.target, found.machine) != wanted:
        log.info("event=profile_ignored file=%s because='of another bundle or machine'", path)
        return None
    if any(each.runtime not in RUNTIMES for each in (*found.voice, *found.face)):
        log.warning("event=profile_ignored file=%s because='a runtime that is not known'", path)
        return None
    if found.runtimes != versions():
        log.info("event=profile_ignored file=%s because='other runtimes'", path)
        return None
    return found
