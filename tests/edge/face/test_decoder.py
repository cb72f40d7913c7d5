"""The face decoder: shared vector, picture, landmarks, warp."""

from __future__ import annotations

import numpy as np
import pytest

from edge.face.craniofacial import NAMES
from edge.face.decoder import FaceDecoder
from edge.face.painter import Painter
from edge.face.warp import warp
from edge.inference.bundle import Bundle, load_bundle
from edge.inference.engine import Engine

FEATURE = np.random.default_rng(0).normal(0, 0.3, 12).astype(np.float32)


@pytest.fixture
def engine(schema_2) -> Engine:
    return Engine(load_bundle(schema_2.path))


def test_the_picture_is_warped_from_the_mean_to_the_landmarks(engine: Engine) -> None:
    face = FaceDecoder(engine)(FEATURE)
    vector = engine.model("shared")(FEATURE)
    plain = engine.model("face")(vector).reshape(16, 16, 3)
    landmarks = engine.model("landmarks")(vector).reshape(72, 2)
    np.testing.assert_array_equal(face.landmarks, landmarks)
    expected = np.clip(warp(plain, engine.bundle.array("mean.npy"), landmarks), 0, 1)
    np.testing.assert_array_equal(face.picture, expected)
    assert np.abs(face.picture - plain).max() > 0.02


def test_without_mean_landmarks_the_picture_is_final(schema_2) -> None:
    schema_2.edit(lambda manifest: manifest["face"]["landmarks"].update(mean=None))
    engine = Engine(load_bundle(schema_2.path))
    face = FaceDecoder(engine)(FEATURE)
    plain = engine.model("face")(engine.model("shared")(FEATURE)).reshape(16, 16, 3)
    np.testing.assert_array_equal(face.picture, plain)
    assert face.landmarks is not None


def test_the_measures_are_those_of_the_landmarks(engine: Engine, heard) -> None:
    portrait = Painter(engine).paint(heard(feature=FEATURE))
    assert tuple(portrait.estimate.craniofacial) == NAMES
    assert portrait.landmarks is not None
    assert portrait.image.size == (16, 16)


def test_the_reference_face_has_no_landmarks(reference: Bundle, heard) -> None:
    portrait = Painter(Engine(reference)).paint(heard())
    assert portrait.landmarks is None
    assert "nasal_index" in portrait.estimate.craniofacial
