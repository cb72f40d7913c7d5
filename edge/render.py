"""Sound files to pictures: `s2f-edge render`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

from edge.audio.file import FileSource
from edge.errors import DeviceError, SoundError
from edge.face.painter import Portrait
from edge.face.picture import captioned
from edge.pipeline import Pipeline
from edge.replace import replace_file
from edge.scene import CAPTION
from edge.voice.attributes import switched_off
from edge.voice.estimate import Quantity

Result = dict[str, Any]
"""one JSON line of `render`"""


def render(
    files: Iterable[Path], out: Path, pipeline: Callable[[], Pipeline], visible: frozenset[str]
) -> Iterator[Result]:
    """Draw the face of each file as `out/<name>.png`, one result a file.

    `visible` names the attributes that are switched on; the others have no value.

    A file without usable speech has `error` in its result and no picture. Raises DeviceError when
    a picture cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DeviceError(f"The folder {out} cannot be made: {error.strerror}.") from error
    taken: set[str] = set()
    for file in files:
        try:
            portrait = hear(file, pipeline())
        except SoundError as error:
            yield {"file": str(file), "error": str(error)}
            continue
        path = out / f"{_free_name(file.stem, taken)}.png"
        save(captioned(portrait.image), path)
        yield describe(file, portrait, path, visible)


def hear(file: Path, pipeline: Pipeline) -> Portrait:
    """The portrait of the whole file. Raises SoundError when it holds too little speech."""
    portrait, silent = None, True
    for block in FileSource(file):
        silent = silent and block.level < 1e-4
        portrait = pipeline.push(block).portrait or portrait
    if portrait is not None:
        return portrait
    if silent:
        raise SoundError(f"{file} is silent. Record it again with the microphone switched on.")
    if pipeline.speech_s < 0.1:
        raise SoundError(f"{file} carries no speech. Use a recording of somebody who speaks.")
    raise SoundError(
        f"{file} holds only {pipeline.speech_s:.1f} s of speech; at least "
        f"{pipeline.minimum_s:.1f} s are needed."
    )


def describe(file: Path, portrait: Portrait, picture: Path, visible: frozenset[str]) -> Result:
    """The result of one file, as plain JSON values."""
    estimate = portrait.estimate
    attributes = estimate.as_json()
    for name, belief in estimate.attributes.items():
        says_something = isinstance(belief, Quantity) or belief.scores
        if name not in visible and says_something:
            attributes[name] = switched_off(name).as_json()
    if "craniofacial" not in visible:
        attributes.pop("craniofacial", None)
    return {
        "file": str(file),
        "evidence_s": round(estimate.evidence_s, 1),
        "attributes": attributes,
        "face": str(picture),
        "bundle": {"name": estimate.bundle, "sha256": estimate.bundle_sha256},
        "runtime": estimate.runtime,
    }


def save(picture: Image.Image, path: Path) -> None:
    """Write a PNG that replaces `path` only when it is whole. Raises DeviceError."""
    words = PngImagePlugin.PngInfo()
    words.add_text("Description", CAPTION)
    try:
        replace_file(path, lambda file: picture.save(file, "PNG", pnginfo=words))
    except OSError as error:
        raise DeviceError(
            f"The picture {path} cannot be written: {error.strerror or error}. "
            "Free some space, or name another folder with --out."
        ) from error


def _free_name(stem: str, taken: set[str]) -> str:
    """The stem, numbered when another file of this run has it already."""
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}-{number}", number + 1
    taken.add(name)
    return name
