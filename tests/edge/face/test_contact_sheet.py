from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from edge.face.contact_sheet import THUMBNAIL, contact_sheet, thumbnail
from edge.face.picture import captioned

RED = (255, 0, 0)


@pytest.mark.parametrize("count", [1, 2, 5, 7, 40])
def test_every_face_is_on_the_sheet_with_its_name(count: int) -> None:
    face = thumbnail(Image.new("RGB", (64, 64), RED))
    names = [f"voice {number}" for number in range(count - 1)] + ["a long name \udcff" * 9]
    sheet = contact_sheet([(name, face) for name in names])
    pixels = np.asarray(sheet)
    assert (pixels == RED).all(axis=2).sum() == count * THUMBNAIL**2
    other = contact_sheet([("x", face)] * count)
    assert other.size == sheet.size
    assert (np.asarray(other) != pixels).any()
    assert sheet.width <= 6 * (THUMBNAIL + 14) + 14


@pytest.mark.parametrize("side", [64, 128, 240, 512, 2000])
def test_the_caption_is_whole_at_every_size(side: int) -> None:
    picture = captioned(Image.new("RGB", (64, 64), RED), side)
    assert picture.width == side
    pixels = np.asarray(picture)
    assert (pixels[:side] == RED).all()
    ink = pixels[side:].max(axis=2) < 140
    rows, columns = np.nonzero(ink)
    assert 0 < columns.min() < columns.max() < side - 1
    assert 0 <= rows.min() < rows.max() < picture.height - side - 1
    assert ink.sum() > 150
