"""Contact sheets: many faces in one picture, for people to look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert.reference.face.evaluate import Decode
from convert.reference.face.parameters import (
    EXPRESSIONS,
    GROUPS,
    HAIR,
    INDEX,
    NAMES,
    SLIDERS,
    age_parameter,
    default_vector,
)

Faces = list[list[NDArray[np.float32]]]


def face(
    hair: str, years: float, group: str = "", values: dict[str, float] | None = None
) -> NDArray[np.float32]:
    """A face with one hair style, an age in years, perhaps one group, and other parameters."""
    vector = default_vector()
    vector[HAIR] = 0.0
    vector[INDEX[f"hair_{hair}"]] = 1.0
    vector[INDEX["age"]] = age_parameter(years)
    vector[INDEX["hair_grey"]] = np.clip((years - 45) / 30, 0, 1)
    if group:
        vector[GROUPS] = 0.0
        vector[INDEX[group]] = 1.0
    for name, value in (values or {}).items():
        vector[INDEX[name]] = value
    return vector


def demographics() -> Faces:
    """Gender and group by row, age by column."""
    rows = (
        ("bob", "african", 0.0),
        ("crop", "african", 1.0),
        ("long", "asian", 0.0),
        ("fringe", "asian", 1.0),
        ("tied", "caucasian", 0.0),
        ("crop", "caucasian", 1.0),
        ("afro", "", 0.0),
        ("crop", "", 1.0),
    )
    years = (6, 10, 15, 20, 25, 35, 45, 55, 65, 75, 90)
    return [
        [face(hair, y, group, {"gender": gender}) for y in years] for hair, group, gender in rows
    ]


def expressions() -> Faces:
    """Each expression, half and full, on four faces."""
    blond = {"gender": 0.0, "hair_lightness": 0.6, "eye_lightness": 0.8}
    rows = (
        face("long", 28, "caucasian", blond),
        face("crop", 35, "african", {"gender": 1.0, "melanin": 0.4}),
        face("bob", 60, "asian", {"gender": 0.0}),
        face("fringe", 10),
    )
    result = []
    for rest in rows:
        row = [rest]
        for name in NAMES[EXPRESSIONS]:
            for amount in (0.5, 1.0):
                vector = rest.copy()
                vector[INDEX[name]] = amount
                row.append(vector)
        result.append(row)
    return result


def sliders() -> Faces:
    """Each slider at -1 and at 1."""
    columns = []
    for name in SLIDERS:
        columns.append([face("tied", 30, "", {name: amount}) for amount in (-1.0, 1.0)])
    return [list(row) for row in zip(*columns, strict=True)]


def draw(faces: Faces, decode: Decode) -> NDArray[np.uint8]:
    """All faces as one picture (rows * size, columns * size, 3) uint8 RGB."""
    pictures = decode(np.stack([vector for row in faces for vector in row]))
    rows = len(faces)
    size = pictures.shape[1]
    grid = pictures.reshape(rows, -1, size, size, 3).transpose(0, 2, 1, 3, 4)
    return _bytes(grid.reshape(rows * size, -1, 3))


def side_by_side(
    truth: NDArray[np.uint8], drawn: NDArray[np.float32], columns: int = 10
) -> NDArray[np.uint8]:
    """Rows of drawn faces (n, size, size, 3), each above the decoder's pictures of them."""
    decoded = _bytes(drawn)
    strips = []
    for start in range(0, len(truth) - columns + 1, columns):
        for pictures in (truth, decoded):
            strips.append(np.concatenate(list(pictures[start : start + columns]), axis=1))
    return np.concatenate(strips)


def save(picture: NDArray[np.uint8], path: Path) -> None:
    """Write a picture (height, width, 3) uint8 RGB as PNG."""
    from PIL import Image

    Image.fromarray(picture).save(path)


def _bytes(pictures: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.asarray(np.clip(pictures * 255 + 0.5, 0, 255), np.uint8)
