"""Speech for the conversion: files that a recipe names, cut as the board cuts them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from convert.nets.net import Floats
from edge.audio.file import FileSource
from edge.audio.speech import SpeechDetector
from edge.errors import SoundError, UsageError

SUFFIXES = frozenset({".wav", ".flac", ".mp3", ".ogg", ".opus"})


def find_sounds(patterns: Iterable[str]) -> list[Path]:
    """Sound files of the patterns, sorted, each once. A pattern is a file, a folder (all sounds
    below it) or has wildcards (`**` too).

    Raises UsageError for a pattern that finds nothing.
    """
    found: set[Path] = set()
    for pattern in patterns:
        path = Path(pattern)
        if path.exists():
            candidates = path.rglob("*") if path.is_dir() else iter([path])
        else:
            root = Path(path.anchor)
            candidates = root.glob(str(path.relative_to(root)))
        files = {candidate for candidate in candidates if is_sound(candidate)}
        if not files:
            raise UsageError(
                f"There is no sound at {pattern}. "
                f"Name files, folders or patterns of {', '.join(sorted(SUFFIXES))} files."
            )
        found |= files
    return sorted(found)


def is_sound(path: Path) -> bool:
    """Whether a path is a file that is called like a sound."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


def spread(items: Sequence[Path], most: int) -> list[Path]:
    """At most `most` of the items, evenly spaced."""
    if len(items) <= most:
        return list(items)
    return [items[int(place)] for place in np.linspace(0, len(items) - 1, most).round()]


def speech(path: Path, seconds: float | None = None) -> Floats:
    """What the board would take for speech in a file, up to `seconds`: `(samples,) float32`,
    16 kHz. Raises SoundError."""
    detector, pieces, length = SpeechDetector(), [np.zeros(0, np.float32)], 0
    source = FileSource(path)
    try:
        for block in source:
            piece = detector(block).samples
            pieces.append(piece)
            length += piece.size
            if seconds is not None and length >= seconds * 16000:
                break
    finally:
        source.close()
    sound = np.concatenate(pieces)
    return sound if seconds is None else sound[: round(seconds * 16000)]


def windows(sound: Floats, length: int, hop: int) -> list[Floats]:
    """Windows of `length` samples, a `hop` apart. Shorter speech is repeated to fill one, as the
    paper repeats short clips; silence gives none."""
    if not sound.size:
        return []
    if sound.size < length:
        sound = np.tile(sound, -(-length // sound.size))[:length]
    return [sound[start : start + length] for start in range(0, sound.size - length + 1, hop)]


def usable(paths: Iterable[Path], seconds: float) -> tuple[list[tuple[Path, Floats]], list[str]]:
    """The speech of each file that has some, and a sentence for each that has not."""
    heard, refused = [], []
    for path in paths:
        try:
            sound = speech(path, seconds)
        except SoundError as error:
            refused.append(str(error))
            continue
        if sound.size:
            heard.append((path, sound))
        else:
            refused.append(f"{path} carries no speech.")
    return heard, refused


def digest(paths: Iterable[Path]) -> str:
    """SHA-256 over the contents of the files, whatever they are called."""
    total = hashlib.sha256()
    for path in paths:
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
