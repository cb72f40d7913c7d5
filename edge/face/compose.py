"""One picture of a scene for a screen of any size: face, state, suggestions and caption."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from edge.display import words
from edge.face.lettering import Bar, Box, Item, Text, font, write
from edge.scene import CAPTION, Scene
from edge.state import State

BACKGROUND = "#0d1117"
PANEL = "#1b222c"
SILHOUETTE = "#39434f"
BRIGHT = "#f0f3f6"
QUIET = "#a3afbd"
NOTICE = "#f2c14e"
SMALLEST = 160
"""pixels of the shorter side below which a picture is composed larger and then shrunk"""


def compose(scene: Scene, size: tuple[int, int]) -> Image.Image:
    """Draw `scene` for a screen of `size` (width, height), as an RGB picture of that size."""
    width, height = max(1, size[0]), max(1, size[1])
    if (shorter := min(width, height)) < SMALLEST:
        scale = SMALLEST / shorter
        larger = compose(scene, (round(width * scale), round(height * scale)))
        return larger.resize((width, height), Image.Resampling.LANCZOS)
    frame = Image.new("RGB", (width, height), BACKGROUND)
    places = _arrange(width, height)
    _face(frame, places.face, scene)
    draw = ImageDraw.Draw(frame)
    caption = Text(CAPTION, _caption_letter(places.letter), QUIET)
    write(draw, places.caption, [caption], centred=True)
    write(draw, places.words, _words(scene, places.letter), centred=False)
    _state(frame, places.state, scene.state)
    return frame


@dataclass(frozen=True)
class _Places:
    """Where the parts go, and the height of ordinary letters in pixels."""

    letter: float
    face: Box
    caption: Box
    state: Box
    words: Box


def _arrange(width: int, height: int) -> _Places:
    """Side by side on a wide screen; face above words on a tall or square one."""
    letter = max(11.0, min(width, height) * 0.042)
    margin = round(letter * 0.9)
    row = round(letter * 2.1)
    if width >= 1.2 * height:
        row = round(letter * 2.7)
        caption_height = round(_caption_letter(letter) * 2.8)
        side = min(height - 2 * margin - caption_height, round(width * 0.52))
        top = (height - side - caption_height) // 2
        left, split = margin, margin + side
        face = (left, top, split, top + side)
        caption = (left, top + side, split, top + side + caption_height)
        column = (split + round(1.3 * margin), width - margin)
        return _Places(
            letter,
            face,
            caption,
            (column[0], top, column[1], top + row),
            (column[0], top + row + margin // 2, column[1], height - margin),
        )
    small = _caption_letter(letter)
    caption_height = round(small * (1.5 if width - 2 * margin >= 23 * small else 2.8))
    words_height = max(round(height * 0.24), round(5.8 * letter))
    side = min(
        width - 2 * margin, height - 2 * margin - row - caption_height - words_height - margin
    )
    left = (width - side) // 2
    top = margin + row + margin // 3
    below = top + side
    return _Places(
        letter,
        (left, top, left + side, below),
        (margin, below, width - margin, below + caption_height),
        (margin, margin, width - margin, margin + row),
        (margin, below + caption_height + margin // 2, width - margin, height - margin),
    )


def _caption_letter(letter: float) -> float:
    return max(11.0, 0.85 * letter)


def _face(frame: Image.Image, box: Box, scene: Scene) -> None:
    """The face in a rounded square; its border has the state's colour and swells with the voice."""
    side = box[2] - box[0]
    swell = min(1.0, scene.level * 6) if scene.state is State.SPEAKING else 0.0
    border = max(3, round(side * (0.016 + 0.016 * round(4 * swell) / 4)))
    radius = round(side * 0.09)
    frame.paste(words.SIGNS[scene.state].colour, box[:2], _rounded(side, radius))
    inner = side - 2 * border
    if scene.face is None:
        picture = _silhouette(inner)
    else:
        picture = scene.face.convert("RGB").resize((inner, inner), Image.Resampling.LANCZOS)
    mask = _rounded(inner, max(1, radius - border))
    frame.paste(picture, (box[0] + border, box[1] + border), mask)


@lru_cache(maxsize=16)
def _rounded(side: int, radius: int) -> Image.Image:
    mask = Image.new("L", (2 * side, 2 * side), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, 2 * side - 1, 2 * side - 1), 2 * radius, 255)
    return mask.resize((side, side), Image.Resampling.BOX)


@lru_cache(maxsize=4)
def _silhouette(side: int) -> Image.Image:
    """Head and shoulders of nobody: what stands where no face is known."""
    size = 2 * side
    picture = Image.new("RGB", (size, size), PANEL)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((0.16 * size, 0.74 * size, 0.84 * size, 1.5 * size), SILHOUETTE)
    draw.ellipse((0.30 * size, 0.17 * size, 0.70 * size, 0.69 * size), SILHOUETTE)
    return picture.resize((side, side), Image.Resampling.BOX)


def _state(frame: Image.Image, box: Box, state: State) -> None:
    """The state's icon and word in its colour."""
    sign = words.SIGNS[state]
    side = box[3] - box[1]
    frame.paste(sign.colour, box[:2], _icon(state, side))
    left = box[0] + round(side * 1.2)
    size = 0.74 * side
    if (length := font(round(size)).getlength(sign.word)) > box[2] - left:
        size *= (box[2] - left) / length
    ImageDraw.Draw(frame).text(
        (left, (box[1] + box[3]) // 2),
        sign.word,
        fill=sign.colour,
        font=font(int(size)),
        anchor="lm",
        stroke_width=round(size / 60),
        stroke_fill=sign.colour,
    )


@lru_cache(maxsize=16)
def _icon(state: State, side: int) -> Image.Image:
    scale = 4 * side / 24
    mask = Image.new("L", (4 * side, 4 * side), 0)
    draw = ImageDraw.Draw(mask)
    width = round(2.4 * scale)
    for stroke in words.SIGNS[state].icon:
        points = [(x * scale, y * scale) for x, y in stroke]
        draw.line(points, 255, width, joint="curve")
        for x, y in (points[0], points[-1]):
            draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), 255)
    return mask.resize((side, side), Image.Resampling.BOX)


def _words(scene: Scene, letter: float) -> list[Item]:
    sign = words.SIGNS[scene.state]
    if scene.state is State.FAULT:
        return [Text(scene.message or "Something is wrong. The log says more.", letter, BRIGHT)]
    items: list[Item] = [Text(sign.hint, letter, QUIET, optional=True)]
    if notice := words.notice(scene):
        items.append(Text(notice, letter * 0.75, NOTICE, optional=True, gap=letter * 0.3))
    if scene.estimate is None:
        return items
    if lines := words.lines(scene.estimate):
        heading = Text(f"{words.HEADING}:", letter * 0.85, QUIET, optional=True, gap=letter * 0.5)
        items.append(heading)
    for line in lines:
        sure = line.value != words.NOT_SURE
        said = f"{line.label}: {line.value}"
        items.append(Text(said, letter * 1.25, BRIGHT if sure else QUIET, gap=letter * 0.45))
        if line.share:
            items.append(Bar(*line.share, letter * 0.3, sign.colour, gap=letter * 0.1))
        if line.note:
            items.append(Text(line.note, letter * 0.75, QUIET, optional=True))
    evidence = words.evidence(scene.estimate)
    items.append(Text(evidence, letter * 0.85, QUIET, gap=letter * 0.5))
    return items
