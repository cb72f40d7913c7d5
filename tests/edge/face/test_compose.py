from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageColor

from edge.display import words
from edge.display.languages import ENGLISH, LANGUAGES
from edge.display.wording import PLAIN
from edge.face.compose import BACKGROUND, compose, tile
from edge.face.layout import Shape, face_side
from edge.scene import Scene
from edge.state import State
from edge.voice.estimate import Choice, Estimate, Quantity

SIZES = [(320, 240), (240, 240), (240, 320), (480, 480), (800, 480), (720, 1280), (1920, 1080)]
MAGENTA = (255, 0, 255)


@pytest.fixture
def estimate() -> Estimate:
    return Estimate(
        evidence_s=5.8,
        attributes={
            "gender": Choice("female", 0.97, {"female": 0.97, "male": 0.03}),
            "age": Quantity(34, 24, 47, "years", 0.8),
        },
        craniofacial={},
        feature=np.zeros(4, np.float32),
        bundle="reference",
        bundle_sha256="0" * 64,
        front_end="reference-logmel64",
        runtime="litert",
    )


@pytest.fixture
def scene(estimate: Estimate) -> Scene:
    return Scene(State.SPEAKING, estimate, Image.new("RGB", (128, 128), MAGENTA))


def mask(picture: Image.Image, colour: tuple[int, ...], within: int = 3) -> np.ndarray:
    pixels = np.asarray(picture, dtype=np.int16)
    return np.abs(pixels - np.array(colour)).max(axis=2) <= within


def bounds(found: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is true."""
    rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


@pytest.mark.parametrize("size", SIZES)
def test_the_face_is_large_square_and_inside(scene: Scene, size: tuple[int, int]) -> None:
    picture = compose(scene, size)
    assert picture.size == size
    assert picture.mode == "RGB"
    left, top, right, bottom = bounds(mask(picture, MAGENTA))
    assert abs((right - left) - (bottom - top)) <= 1
    assert right - left >= 0.35 * min(size)
    assert left > 0 and top > 0 and right < size[0] and bottom < size[1]  # noqa: PT018


@pytest.mark.parametrize("size", SIZES)
def test_the_caption_stands_whole_under_the_face(scene: Scene, size: tuple[int, int]) -> None:
    with_caption = compose(scene, size)
    short = replace(PLAIN, vocabulary=replace(ENGLISH, caption="i"))
    without = compose(scene, size, short)
    ink = np.asarray(ImageChops.difference(with_caption, without)).max(axis=2) > 100
    left, top, right, bottom = bounds(ink)
    assert top > bounds(mask(with_caption, MAGENTA))[3], "under the face"
    assert 0 < left < right < size[0], "nothing is cut off at the sides"
    assert top < bottom < size[1], "nothing is cut off below"
    assert bottom - top >= 9, "large enough to read"
    assert right - left >= 0.3 * min(size)


@pytest.mark.parametrize("size", SIZES)
def test_every_state_has_its_colour_and_shape(scene: Scene, size: tuple[int, int]) -> None:
    pictures = {}
    for state, sign in words.SIGNS.items():
        picture = compose(replace(scene, state=state), size)
        assert mask(picture, ImageColor.getrgb(sign.colour)).mean() > 0.004
        pictures[state] = picture
    shapes = {
        state: compose(replace(scene, state=state), (800, 480)).crop((425, 0, 520, 70)).convert("L")
        for state in words.SIGNS
    }
    drawn = {(shape.point(lambda x: 255 * (x > 90)).tobytes()) for shape in shapes.values()}
    assert len(drawn) == len(State), "each state is told without its colour too"


def test_attributes_that_are_absent_are_not_drawn(scene: Scene, estimate: Estimate) -> None:
    both = compose(scene, (800, 480))
    attributes = {"age": estimate.attributes["age"]}
    one = compose(replace(scene, estimate=replace(estimate, attributes=attributes)), (800, 480))
    none = compose(replace(scene, estimate=replace(estimate, attributes={})), (800, 480))
    ink = [1 - mask(p, ImageColor.getrgb(BACKGROUND)).mean() for p in (none, one, both)]
    assert ink[0] < ink[1] < ink[2]


def test_the_border_swells_with_the_voice_only_while_speaking(scene: Scene) -> None:
    def border(state: State, level: float) -> float:
        picture = compose(replace(scene, state=state, level=level), (480, 480))
        return float(mask(picture, MAGENTA).mean())

    assert border(State.SPEAKING, 0.3) < border(State.SPEAKING, 0.0)
    assert border(State.HOLDING, 0.3) == border(State.HOLDING, 0.0)


@pytest.mark.parametrize("size", SIZES)
def test_without_a_face_a_silhouette_of_nobody(size: tuple[int, int]) -> None:
    picture = compose(Scene(State.IDLE), size)
    assert mask(picture, (0x39, 0x43, 0x4F)).mean() > 0.02


@pytest.mark.parametrize("size", SIZES)
def test_a_long_fault_message_is_wrapped_and_stays_inside(size: tuple[int, int]) -> None:
    message = (
        "No microphone named 'CARD=Device'. Found: none. Connect a microphone, set [audio] device "
        "in /etc/speech2face/a-very-long-path-that-does-not-fit-in-one-row-of-any-screen.toml, or "
        "run `s2f-edge devices`."
    )
    short, long = (compose(Scene(State.FAULT, message=m), size) for m in ("Wrong.", message))
    difference = np.asarray(ImageChops.difference(short, long)).max(axis=2) > 60
    left, top, right, bottom = bounds(difference)
    assert bottom - top > 3 * 11
    assert left > 0 and right < size[0] and bottom <= size[1]  # noqa: PT018


def test_no_letter_is_a_box(scene: Scene) -> None:
    """The built-in font lacks dashes, accents and no-break spaces; look-alikes are drawn."""

    def drawn(message: str) -> bytes:
        return compose(Scene(State.FAULT, message=message), (640, 400)).tobytes()

    assert drawn("24–47 é ü × ß 97\u00a0%") == drawn("24-47 e u x ss 97\u00a0%")
    assert drawn("97\u00a0%") == drawn("97 %")


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (2000, 40), (40, 2000), (96, 64)])
def test_sizes_that_hold_no_words_do_not_fail(scene: Scene, size: tuple[int, int]) -> None:
    assert compose(scene, size).size == size


def test_a_face_that_is_not_rgb_is_drawn_and_stays_as_it_was(scene: Scene) -> None:
    face = Image.new("L", (64, 64), 200)
    before = face.tobytes()
    assert mask(compose(replace(scene, face=face), (480, 480)), (200, 200, 200)).mean() > 0.1
    assert face.tobytes() == before


@pytest.mark.parametrize("size", [(240, 240), (480, 480), (360, 240), (1080, 1080)])
@pytest.mark.parametrize("state", State)
def test_on_a_round_screen_nothing_is_cut_off(
    scene: Scene, size: tuple[int, int], state: State
) -> None:
    message = "No microphone named 'CARD=Device'. Connect one, or run `s2f-edge devices`."
    shown = replace(scene, state=state, message=message if state is State.FAULT else "")
    picture = compose(shown, size, shape="round")
    assert picture.size == size
    drawn = ~mask(picture, ImageColor.getrgb(BACKGROUND), within=12)
    rows, columns = np.nonzero(drawn)
    radius = np.hypot(rows - (size[1] - 1) / 2, columns - (size[0] - 1) / 2).max()
    assert radius <= min(size) / 2
    assert drawn.mean() > 0.1
    assert mask(picture, ImageColor.getrgb(words.SIGNS[state].colour)).mean() > 0.004


def test_on_a_round_screen_the_caption_is_there_and_the_face_is_a_circle(scene: Scene) -> None:
    picture = compose(scene, (240, 240), shape="round")
    short = replace(PLAIN, vocabulary=replace(ENGLISH, caption="i"))
    without = compose(scene, (240, 240), short, shape="round")
    ink = np.asarray(ImageChops.difference(picture, without)).max(axis=2) > 100
    left, top, right, bottom = bounds(ink)
    assert bottom - top >= 20, "two rows that can be read"
    assert right - left >= 110
    face = bounds(mask(picture, MAGENTA))
    across = face[2] - face[0]
    assert across >= 0.5 * 240
    assert mask(picture, MAGENTA).sum() == pytest.approx(np.pi / 4 * across**2, rel=0.05)


def test_a_badge_in_the_corner_tells_the_state_from_afar(scene: Scene) -> None:
    badges = set()
    for state, sign in words.SIGNS.items():
        face = tile(replace(scene, state=state, level=0), 300)
        assert face.size == (300, 300)
        corner = face.crop((230, 230, 300, 300))
        assert mask(corner, ImageColor.getrgb(sign.colour)).mean() > 0.4
        badges.add(corner.convert("L").point(lambda x: 255 * (x > 60)).tobytes())
    assert len(badges) == len(State), "also without its colour"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shape", ["rectangle", "round"])
def test_a_face_of_the_right_size_is_shown_as_it_is(
    scene: Scene, size: tuple[int, int], shape: Shape
) -> None:
    side = face_side(*size, shape)
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 255, (side, side, 3)).astype(np.uint8)
    picture = np.asarray(compose(replace(scene, face=Image.fromarray(noise)), size, shape=shape))
    middle = noise[side // 2, side // 3 : side // 2]
    found = [
        (picture[row, column : column + len(middle)] == middle).all()
        for row in range(size[1])
        for column in np.flatnonzero((picture[row] == middle[0]).all(axis=1))
        if column + len(middle) <= size[0]
    ]
    assert any(found), "each pixel of it"


def test_another_language_is_written(scene: Scene) -> None:
    german = replace(PLAIN, vocabulary=LANGUAGES["de"])
    assert compose(scene, (800, 480), german) != compose(scene, (800, 480))
    kiosk = replace(PLAIN, kiosk=True)
    idle = Scene(State.IDLE)
    assert compose(idle, (800, 480), kiosk) != compose(idle, (800, 480))
    assert compose(idle, (240, 240), kiosk, "round") != compose(idle, (240, 240), shape="round")
