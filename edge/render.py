"""Sound files to pictures: `s2f-edge render`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from PIL import Image, PngImagePlugin

from edge.audio.file import FileSource
from edge.errors import DeviceError, SoundError, UsageError
from edge.face.cartoon import Cartoon
from edge.face.contact_sheet import THUMBNAIL, contact_sheet, thumbnail
from edge.face.expression import Expression
from edge.face.likeness import Likeness, presence
from edge.face.painter import Portrait
from edge.face.performer import Style
from edge.face.picture import SIDE, captioned
from edge.pipeline import Pipeline
from edge.replace import replace_file
from edge.scene import CAPTION
from edge.voice.attributes import switched_off
from edge.voice.estimate import Quantity

Result = dict[str, Any]
"""one JSON line of `render`"""


SIDES = (64, 4096)
"""pixels of the smallest and the largest face"""
AT_REST = Expression(smile=0.4)
"""of a drawn face"""


@dataclass(frozen=True)
class Pictures:
    """What is drawn of each file."""

    style: Style = "portrait"
    side: int = SIDE
    """pixels of the face, within `SIDES`"""
    svg: bool = False
    """a cartoon is written as `<name>.svg`, too"""
    sheet: bool = False
    """all faces together in `sheet.png`, too"""

    def __post_init__(self) -> None:
        """Raises UsageError when they do not go together."""
        if not SIDES[0] <= self.side <= SIDES[1]:
            raise UsageError(
                f"A face of {self.side} pixels cannot be drawn. --size takes {SIDES[0]} to "
                f"{SIDES[1]}."
            )
        if self.svg and self.style != "cartoon":
            raise UsageError("Only cartoons can be SVG. Add --style cartoon.")


def render(
    files: Iterable[Path],
    out: Path,
    pipeline: Callable[[], Pipeline],
    visible: frozenset[str],
    pictures: Pictures = Pictures(),
) -> Iterator[Result]:
    """Draw the face of each file as `out/<name>.png`, one result a file.

    `visible` names the attributes that are switched on; the others have no value. A contact sheet
    has a result of its own, the last, with `sheet` in it.

    A file without usable speech has `error` in its result and no picture. Raises DeviceError when
    a picture cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DeviceError(f"The folder {out} cannot be made: {error.strerror}.") from error
    taken = {"sheet"} if pictures.sheet else set()
    faces: list[tuple[str, Image.Image]] = []
    for file in files:
        try:
            portrait = hear(file, pipeline())
        except SoundError as error:
            yield {"file": str(file), "error": str(error)}
            continue
        name = _free_name(file.stem, taken)
        path = out / f"{name}.png"
        drawn = drawing(portrait) if pictures.style == "cartoon" else None
        face = drawn.picture(pictures.side) if drawn else portrait.image
        save(captioned(face, pictures.side), path)
        result = describe(file, portrait, path, visible)
        if drawn and pictures.svg:
            write(drawn.svg(), out / f"{name}.svg")
            result["svg"] = str(out / f"{name}.svg")
        if pictures.sheet:
            faces.append((name, drawn.picture(THUMBNAIL) if drawn else thumbnail(face)))
        yield result
    if faces:
        save(contact_sheet(faces), out / "sheet.png")
        yield {"sheet": str(out / "sheet.png"), "faces": len(faces)}


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


def drawing(portrait: Portrait) -> Cartoon:
    """The drawn face of a portrait, friendly and at rest."""
    shown = presence(portrait.estimate.evidence_s)
    return Cartoon(Likeness()(portrait), AT_REST, presence=shown)


def save(picture: Image.Image, path: Path) -> None:
    """Write a PNG that replaces `path` only when it is whole. Raises DeviceError."""
    words = PngImagePlugin.PngInfo()
    words.add_text("Description", CAPTION)
    _replace(path, lambda file: picture.save(file, "PNG", pnginfo=words))


def write(text: str, path: Path) -> None:
    """Write text that replaces `path` only when it is whole. Raises DeviceError."""
    _replace(path, lambda file: file.write(text.encode()))


def _replace(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    try:
        replace_file(path, fill)
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
