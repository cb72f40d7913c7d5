"""One picture of a scene for a screen of any size: face, state, suggestions and caption."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw

from edge.display import words
from edge.display.wording import PLAIN, Wording
from edge.face.layout import BORDER, Layout, Shape, layout
from edge.face.lettering import Bar, Item, Text, write
from edge.face.nobody import nobody
from edge.scene import Scene
from edge.state import State

BACKGROUND = "#0d1117"
INK = "#10151c"
"""icons on a state's colour"""
BRIGHT = "#f0f3f6"
QUIET = "#a3afbd"
NOTICE = "#f2c14e"
SMALLEST = 160
"""pixels of the shorter side below which a picture is composed larger and then shrunk"""
BADGE = 0.22
"""of the face's width: the state's icon, told from across the room"""
SWELL = 0.022
"""of the face's width, by which its border grows with a loud voice"""


def compose(
    scene: Scene, size: tuple[int, int], wording: Wording = PLAIN, shape: Shape = "rectangle"
) -> Image.Image:
    """Draw `scene` for a screen of `size` (width, height), as an RGB picture of that size.

    On a `round` screen all that matters lies in the largest circle.
    """
    width, height = max(1, size[0]), max(1, size[1])
    if (shorter := min(width, height)) < SMALLEST:
        scale = SMALLEST / shorter
        larger = (round(width * scale), round(height * scale))
        composed = compose(scene, larger, wording, shape)
        return composed.resize((width, height), Image.Resampling.LANCZOS)
    frame = Image.new("RGB", (width, height), BACKGROUND)
    places = layout(width, height, shape, spacious=scene.state is State.FAULT)
    _face(frame, places, scene)
    draw = ImageDraw.Draw(frame)
    said, letters = wording.vocabulary, wording.letters
    caption = Text(said.caption, places.caption_letter, QUIET)
    write(draw, places.caption, [caption], centred=True, letters=letters)
    items = _words(scene, places, wording)
    write(draw, places.words, items, centred=places.round, letters=letters)
    _state(frame, places, scene.state, wording)
    return frame


def tile(scene: Scene, side: int) -> Image.Image:
    """The face alone, `side` × `side` RGB, with the border and the badge of its state."""
    frame = Image.new("RGB", (side, side), BACKGROUND)
    nowhere = (0, 0, 0, 0)
    _face(frame, Layout(11.0, (0, 0, side, side), nowhere, nowhere, nowhere), scene)
    return frame


def _face(frame: Image.Image, places: Layout, scene: Scene) -> None:
    """The face in a rounded square or a circle; its border has the state's colour and swells with
    the voice."""
    box, colour = places.face, words.SIGNS[scene.state].colour
    side, inner = box[2] - box[0], places.picture
    edge = (side - inner) // 2
    if scene.face is None:
        picture = nobody(scene.state, inner)
    else:
        picture = scene.face.convert("RGB")
        if picture.size != (inner, inner):
            smaller = picture.width > inner  # for which the cheap filter is as good
            way = Image.Resampling.HAMMING if smaller else Image.Resampling.BICUBIC
            picture = picture.resize((inner, inner), way)
    frame.paste(picture, (box[0] + edge, box[1] + edge), _rounded(inner, places.radius - edge))
    swell = min(1.0, scene.level * 6) if scene.state is State.SPEAKING else 0.0
    border = max(edge + 1, round(side * (BORDER + SWELL * round(4 * swell) / 4)))
    frame.paste(colour, box[:2], _ring(side, places.radius, border))
    if not places.round:
        badge, gap = round(side * BADGE), max(2, round(side * 0.014))
        at = (box[2] - badge, box[3] - badge)
        around = _rounded(badge + 2 * gap, badge // 2 + gap).crop((0, 0, badge + gap, badge + gap))
        frame.paste(BACKGROUND, (at[0] - gap, at[1] - gap), around)
        frame.paste(colour, at, _rounded(badge, badge // 2))
        icon = round(badge * 0.58)
        inset = (badge - icon) // 2
        frame.paste(INK, (at[0] + inset, at[1] + inset), _icon(scene.state, icon))


@lru_cache(maxsize=16)
def _rounded(side: int, radius: int) -> Image.Image:
    mask = Image.new("L", (2 * side, 2 * side), 0)
    corner = min(side, max(1, 2 * radius))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, 2 * side - 1, 2 * side - 1), corner, 255)
    return mask.resize((side, side), Image.Resampling.BOX)


@lru_cache(maxsize=16)
def _ring(side: int, radius: int, border: int) -> Image.Image:
    mask = _rounded(side, radius).copy()
    inner = side - 2 * border
    mask.paste(0, (border, border), _rounded(inner, max(1, radius - border)))
    return mask


def _state(frame: Image.Image, places: Layout, state: State, wording: Wording) -> None:
    """The state's icon and word in its colour."""
    sign, letters = words.sign(state, wording.vocabulary), wording.letters
    box = places.state
    side = box[3] - box[1]
    gap = round(side * 1.2)
    size = 0.74 * side
    room = box[2] - box[0] - gap
    if (length := letters.font(round(size)).getlength(sign.word)) > room:
        size *= room / length
        length = room
    left = box[0] + (round((room - length) / 2) if places.round else 0)
    frame.paste(sign.colour, (left, box[1]), _icon(state, side))
    ImageDraw.Draw(frame).text(
        (left + gap, (box[1] + box[3]) // 2),
        letters.printable(sign.word),
        fill=sign.colour,
        font=letters.font(int(size)),
        anchor="lm",
        stroke_width=round(size / 60),
        stroke_fill=sign.colour,
    )


@lru_cache(maxsize=32)
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


def _words(scene: Scene, places: Layout, wording: Wording) -> list[Item]:
    said, letter = wording.vocabulary, places.letter
    sign = words.sign(scene.state, said)
    if scene.state is State.FAULT:
        return [Text(scene.message or said.something_wrong, letter, BRIGHT)]
    if places.round:
        return _in_short(scene, places, wording)
    items: list[Item] = [Text(sign.hint, letter, QUIET, optional=True)]
    if notice := words.notice(scene, said):
        items.append(Text(notice, letter * 0.75, NOTICE, optional=True, gap=letter * 0.3))
    if wording.kiosk and (kiosk := words.kiosk(scene, said)):
        items.append(Text(kiosk, letter, BRIGHT, gap=letter * 0.5))
    if scene.estimate is None:
        return items
    if lines := words.lines(scene.estimate, said):
        heading = Text(f"{said.heading}:", letter * 0.85, QUIET, optional=True, gap=letter * 0.5)
        items.append(heading)
    for line in lines:
        spoken = said.belief.format(label=line.label, value=line.value)
        colour = BRIGHT if line.sure else QUIET
        items.append(Text(spoken, letter * 1.25, colour, gap=letter * 0.45))
        if line.share:
            items.append(Bar(*line.share, letter * 0.3, sign.colour, gap=letter * 0.1))
        if line.note:
            items.append(Text(line.note, letter * 0.75, QUIET, optional=True))
    evidence = words.evidence(scene.estimate, said)
    items.append(Text(evidence, letter * 0.85, QUIET, gap=letter * 0.5))
    return items


def _in_short(scene: Scene, places: Layout, wording: Wording) -> list[Item]:
    """What a small circle has room for."""
    said = wording.vocabulary
    if wording.kiosk and (kiosk := words.kiosk(scene, said)):
        return [Text(kiosk, places.letter, BRIGHT)]
    if scene.estimate is None:
        return []
    lines = words.lines(scene.estimate, said)
    return [Text(line.value, places.letter, BRIGHT if line.sure else QUIET) for line in lines]
