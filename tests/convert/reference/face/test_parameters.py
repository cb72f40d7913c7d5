from __future__ import annotations

import numpy as np
import pytest

from convert.reference.face.parameters import (
    AGE_YEARS,
    EXPRESSIONS,
    GROUPS,
    HAIR,
    INDEX,
    NAMES,
    PARAMETERS,
    age_parameter,
    age_years,
    clip,
    default_vector,
    sample_expression,
    sample_face,
)
from convert.reference.face.shape import EXPRESSIONS as EXPRESSION_TARGETS
from convert.reference.face.shape import SLIDERS, target_names, target_weights


def test_names_are_distinct_and_defaults_inside_the_range() -> None:
    assert len(set(NAMES)) == len(NAMES) == 46
    assert all(parameter.low <= parameter.default <= parameter.high for parameter in PARAMETERS)


def test_sampled_faces_stay_in_range_and_weights_sum_to_one() -> None:
    rng = np.random.default_rng(3)
    faces = np.stack([sample_face(rng) for _ in range(300)])
    assert np.array_equal(clip(faces), faces)
    assert np.allclose(faces[:, GROUPS].sum(1), 1, atol=1e-5)
    assert np.allclose(faces[:, HAIR].sum(1), 1, atol=1e-5)
    assert (faces[:, EXPRESSIONS] == 0).all()
    assert faces[:, INDEX["age"]].std() > 0.2


def test_an_expression_changes_nothing_else() -> None:
    rng = np.random.default_rng(4)
    face = sample_face(rng)
    moved = np.stack([sample_expression(face, rng) for _ in range(50)])
    assert (moved[:, : EXPRESSIONS.start] == face[: EXPRESSIONS.start]).all()
    assert (moved[:, EXPRESSIONS].max(0) > 0.3).all()
    assert np.array_equal(clip(moved), moved)


def test_sampling_is_seeded() -> None:
    one, two = (sample_face(np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one, two)


@pytest.mark.parametrize("years", [*AGE_YEARS, 4.0, 17.0, 60.0])
def test_years_and_age_parameter_are_inverse(years: float) -> None:
    assert age_years(age_parameter(years)) == pytest.approx(years)


def test_every_slider_and_expression_moves_targets() -> None:
    face = dict(zip(NAMES, map(float, default_vector()), strict=True))
    rest = target_weights(face)
    for name in (*SLIDERS, *EXPRESSION_TARGETS):
        up = target_weights(face | {name: 1.0})
        assert up != rest, name
        assert up.keys() <= target_names()
    assert set(SLIDERS) | set(EXPRESSION_TARGETS) <= set(NAMES)


def test_demographic_targets_sum_to_one_and_follow_gender() -> None:
    face = dict(zip(NAMES, map(float, default_vector()), strict=True)) | {"gender": 0.25}
    weights = target_weights(face, expression=False)
    group = {
        name: w
        for name, w in weights.items()
        if name.split("-")[0] in ("african", "asian", "caucasian")
    }
    assert sum(group.values()) == pytest.approx(1.0, abs=1e-5)
    male = sum(w for name, w in group.items() if "-male-" in name)
    assert male == pytest.approx(0.25, abs=1e-5)
