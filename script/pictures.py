"""Draws docs/states.png, docs/cartoons.png and docs/screens.png with the reference bundle."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from edge.display.letters import BUILT_IN
from edge.face.cartoon import Cartoon
from edge.face.compose import compose, tile
from edge.face.expression import Expression
from edge.face.layout import Shape, face_side
from edge.face.looks import looks
from edge.face.painter import Portrait
from edge.face.performer import Cue, Performer, Style
from edge.face.sound import Sound
from edge.inference.bundle import load_bundle, reference_path
from edge.inference.engine import Engine
from edge.pipeline import Pipeline
from edge.render import hear
from edge.scene import Scene
from edge.state import State

PAPER, INK = "#f4f1ec", "#3a3632"
GAP = 14
SETTLED_S = 3.0
"""after which a face is in its state's expression"""
STYLES: tuple[Style, ...] = ("portrait", "cartoon")
FAULT = (
    "No microphone named 'CARD=Device'. Found: none. Connect a microphone, or run "
    "`s2f-edge devices` and set [audio] device."
)


def main(folder: Path) -> int:
    engine = Engine(load_bundle(reference_path()))
    samples = Path(str(resources.files("edge"))) / "samples"
    woman, man = (hear(samples / f"{who}.flac", Pipeline(engine)) for who in ("woman", "man"))
    for name, picture in (
        ("states", states(engine, woman, man)),
        ("cartoons", cartoons()),
        ("screens", screens(engine, woman, man)),
    ):
        if name == "cartoons":  # flat colours
            picture = picture.quantize(256, dither=Image.Dither.NONE)
        picture.save(folder / f"{name}.png", optimize=True)
        print(folder / f"{name}.png", picture.size)
    return 0


def states(engine: Engine, woman: Portrait, man: Portrait) -> Image.Image:
    """Every state in both styles: as the daemon shows it, and the face that an assistant keeps."""
    side, rows = 240, []
    for style, portrait in zip(STYLES, (woman, man), strict=True):
        row = []
        for state in State:
            heard = state in (State.SPEAKING, State.HOLDING)
            picture = screen(engine, style, state, portrait if heard else None, (480, 480))
            row.append(picture.resize((side, side), Image.Resampling.LANCZOS))
        rows.append(row)
    for style, portrait in zip(STYLES, (man, woman), strict=True):
        faces = [(state, posed(engine, style, state, portrait, side)) for state in State]
        rows.append([tile(Scene(state, face=face, level=0.05), side) for state, face in faces])
    return sheet(rows, [str(state) for state in State])


def cartoons() -> Image.Image:
    """Women and men from child to old age, with every hair and some expressions."""
    faces = [
        Expression(smile=0.5),
        Expression(smile=0.3, jaw_open=0.6),
        Expression(smile=0.9, brow_up=0.4),
        Expression(smile=0.4, blink=1),
        Expression(funnel=0.9, jaw_open=0.2, brow_up=0.3),
    ]
    years, rng = (6, 13, 24, 38, 55, 75), np.random.default_rng(4)
    rows = []
    for number, (gender, hairdos) in enumerate(
        [(0.0, ("bob", "long", "tied", "afro")), (1.0, ("crop", "fringe", "tied", "afro"))] * 2
    ):
        row = []
        for column, age in enumerate(years):
            who = looks(someone(gender, age, hairdos[(column + number) % len(hairdos)], rng))
            row.append(Cartoon(who, faces[(column + 2 * number) % len(faces)]).picture(220))
        rows.append(row)
    return sheet(rows, [f"{age} years" for age in years])


def someone(gender: float, years: float, hairdo: str, rng: np.random.Generator) -> dict[str, float]:
    """Parameters of a person as the reference decoder takes them."""
    sliders = (
        "nose_width nose_length mouth_width upper_lip_height lower_lip_height chin_width "
        "chin_height jaw_width face_fullness head_width head_height eye_size eye_position "
        "eye_spacing eye_slant brow_position brow_slant forehead_height"
    )
    who = {name: float(rng.normal(0, 0.5)) for name in sliders.split()}
    groups = rng.dirichlet((0.4, 0.4, 0.4))
    who |= dict(zip(("african", "asian", "caucasian"), map(float, groups), strict=True))
    who |= {"melanin": float(rng.normal(0, 0.3)), "hair_lightness": float(rng.beta(0.7, 1.2))}
    who |= {"eye_lightness": float(rng.random()), f"hair_{hairdo}": 1.0, "gender": gender}
    who["age"] = float(np.interp(years, (1, 10, 25, 90), (0, 0.1875, 0.5, 1)))
    who["hair_grey"] = float(np.clip((years - 48) / 26, 0, 1))
    return who


def screens(engine: Engine, woman: Portrait, man: Portrait) -> Image.Image:
    """A landscape, a portrait, a square and a round screen."""
    shown: list[tuple[Image.Image, str]] = []
    for style, state, portrait, size, shape in (
        ("portrait", State.SPEAKING, woman, (1024, 600), "rectangle"),
        ("cartoon", State.SPEAKING, man, (480, 800), "rectangle"),
        ("cartoon", State.HOLDING, woman, (240, 240), "rectangle"),
        ("portrait", State.SPEAKING, man, (240, 240), "round"),
    ):
        picture = screen(engine, style, state, portrait, size, shape)
        if shape == "round":
            mask = Image.new("L", (960, 960), 0)
            ImageDraw.Draw(mask).ellipse((0, 0, 959, 959), 255)
            plain = Image.new("RGB", size, PAPER)
            plain.paste(picture, mask=mask.resize(size, Image.Resampling.BOX))
            picture = plain
        shown.append((picture, f"{size[0]} x {size[1]}, {shape if shape == 'round' else style}"))
    font = BUILT_IN.font(18)
    large, tall, square, circle = (picture for picture, _ in shown)
    large, tall = large.resize((922, 540)), tall.resize((324, 540))
    places = (
        (large, GAP, GAP), (tall, 922 + 2 * GAP, GAP),
        (square, 922 + 324 + 3 * GAP, GAP), (circle, 922 + 324 + 3 * GAP, 300 + GAP),
    )  # fmt: skip
    whole = Image.new("RGB", (922 + 324 + 240 + 4 * GAP, 540 + 3 * GAP + 22), PAPER)
    draw = ImageDraw.Draw(whole)
    for (picture, left, top), (_, label) in zip(places, shown, strict=True):
        whole.paste(picture, (left, top))
        draw.text((left, top + picture.height + 6), label, INK, font)
    return whole


def screen(
    engine: Engine,
    style: Style,
    state: State,
    portrait: Portrait | None,
    size: tuple[int, int],
    shape: Shape = "rectangle",
) -> Image.Image:
    """What a screen shows in a state."""
    scene = Scene(state, message=FAULT if state is State.FAULT else "", level=0.05)
    if portrait is not None:
        face = posed(engine, style, state, portrait, face_side(*size, shape))
        visible = {k: v for k, v in portrait.estimate.attributes.items() if k != "ethnicity"}
        scene = replace(scene, estimate=replace(portrait.estimate, attributes=visible), face=face)
    return compose(scene, size, shape=shape)


def posed(engine: Engine, style: Style, state: State, portrait: Portrait, side: int) -> Image.Image:
    """The face after it was in a state for some seconds."""
    performer, picture = Performer(engine, style, seed=3), None
    for frame in range(round(30 * SETTLED_S)):
        sound = Sound(0.12 if frame % 20 < 5 else 0.05, 900.0)
        picture = performer(Cue(frame / 30, state, portrait, sound=sound), side)
    assert picture is not None
    return picture.resize((side, side), Image.Resampling.LANCZOS)


def sheet(rows: list[list[Image.Image]], columns: list[str]) -> Image.Image:
    """Pictures of one size in rows, with a word above each column."""
    side, top = rows[0][0].width, 40
    size = (len(columns) * (side + GAP) + GAP, len(rows) * (side + GAP) + top)
    whole = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(whole)
    for column, word in enumerate(columns):
        left = GAP + column * (side + GAP)
        draw.text((left + side / 2, top / 2), word, INK, BUILT_IN.font(22), "mm")
        for row, pictures in enumerate(rows):
            whole.paste(pictures[column], (left, top + row * (side + GAP)))
    return whole


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs")))
