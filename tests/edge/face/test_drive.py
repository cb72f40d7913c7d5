"""Estimates move the face as far as they carry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from edge.face.drive import FaceDrive
from edge.inference.bundle import Bundle
from edge.voice.estimate import Choice
from edge.voice.listener import Heard

MakeHeard = Callable[..., Heard]


@pytest.fixture(scope="module")
def drive(reference: Bundle) -> FaceDrive:
    return FaceDrive(reference)


def value(drive: FaceDrive, parameters: np.ndarray, name: str) -> float:
    return float(parameters[drive._index[name]])


def gender(heard: MakeHeard, drive: FaceDrive, **scores: float) -> float:
    return value(
        drive, drive(heard({"female": 0.0, "male": 0.0, "child": 0.0, **scores})), "gender"
    )


def test_a_certain_gender_moves_the_face_fully_and_an_unsure_one_by_its_probability(
    heard: MakeHeard,
    drive: FaceDrive,
) -> None:
    assert gender(heard, drive, male=1.0) == pytest.approx(1.0)
    assert gender(heard, drive, female=1.0) == pytest.approx(0.0)
    assert gender(heard, drive, male=0.75, female=0.25) == pytest.approx(0.75)
    assert gender(heard, drive, male=0.5, female=0.5) == pytest.approx(0.5)


def test_age_moves_the_face_along_its_table(heard: MakeHeard, drive: FaceDrive) -> None:
    ages = [value(drive, drive(heard(age=years)), "age") for years in (10, 25, 50, 85)]
    assert ages == sorted(ages)
    assert ages[-1] - ages[0] > 0.4
    greys = [value(drive, drive(heard(age=years)), "hair_grey") for years in (25, 80)]
    assert greys[0] < greys[1]


def test_without_ethnicity_the_groups_are_mixed_evenly(heard: MakeHeard, drive: FaceDrive) -> None:
    parameters = drive(heard({"female": 1.0, "male": 0.0, "child": 0.0}, age=30))
    groups = [value(drive, parameters, name) for name in ("african", "asian", "caucasian")]
    assert groups == pytest.approx([1 / 3] * 3, abs=1e-3)


def test_two_voices_get_two_faces_and_one_voice_keeps_its_own(
    heard: MakeHeard, drive: FaceDrive
) -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(0, 1, (2, 256)).astype(np.float32)
    again = first + rng.normal(0, 0.02, 256).astype(np.float32)
    faces = [drive(heard(feature=feature)) for feature in (first, second, again)]
    assert np.abs(faces[0] - faces[1]).max() > 0.3
    assert np.abs(faces[0] - faces[2]).mean() < 0.2 * np.abs(faces[0] - faces[1]).mean()


def test_a_voice_s_own_features_grow_with_evidence(heard: MakeHeard, drive: FaceDrive) -> None:
    feature = np.random.default_rng(1).normal(0, 1, 256).astype(np.float32)
    name = next(iter(drive._face.identity.amplitudes))
    default = value(drive, drive._defaults, name)
    moved = [
        abs(value(drive, drive(heard(feature=feature, evidence_s=s)), name) - default)
        for s in (1.0, 3.0, 12.0)
    ]
    assert moved == sorted(moved)
    assert moved[0] < moved[2]


def test_a_long_vocal_tract_makes_a_larger_lower_face(heard: MakeHeard, drive: FaceDrive) -> None:
    male = {"female": 0.0, "male": 1.0, "child": 0.0}
    part = drive._face.vocal_tract
    name, expected = next(iter(part.amplitudes)), part.expected_cm["male"]
    short, usual, long = (
        value(drive, drive(heard(male, tract_cm=expected + cm)), name) for cm in (-1.5, 0, 1.5)
    )
    assert short != usual != long
    assert (short < usual) == (usual < long)
    assert value(drive, drive(heard(male, tract_cm=None)), name) == pytest.approx(usual)


def test_parameters_stay_in_their_ranges(heard: MakeHeard, drive: FaceDrive) -> None:
    extreme = heard(
        {"female": 0.0, "male": 1.0, "child": 0.0},
        age=200,
        feature=np.full(256, 1e3, np.float32),
        tract_cm=30,
    )
    parameters = drive(extreme)
    assert np.all(parameters >= drive._low)
    assert np.all(parameters <= drive._high)


def test_exactly_one_style_is_chosen(heard: MakeHeard, drive: FaceDrive) -> None:
    names = {n for row in drive._face.styles.classes.values() for n in row}
    rng, chosen = np.random.default_rng(2), set()
    for _ in range(50):
        feature = rng.normal(0, 1, 256).astype(np.float32)
        parameters = drive(heard({"female": 0.9, "male": 0.1, "child": 0.0}, feature=feature))
        values = {name: value(drive, parameters, name) for name in names}
        assert sorted(values.values()) == [0.0] * (len(names) - 1) + [1.0]
        chosen.add(max(values, key=values.__getitem__))
    assert len(chosen) > 1


def test_an_ethnicity_that_is_estimated_moves_the_face_by_its_probabilities(
    heard: MakeHeard, bundle_copy, drive: FaceDrive
) -> None:
    from edge.inference.bundle import load_bundle

    bundle_copy.add_ethnicity()
    bundle_copy.edit(
        lambda m: m["face"]["drives"].append(
            {
                "kind": "choice",
                "attribute": "ethnicity",
                "classes": {
                    group: {g: float(g == group) for g in ("african", "asian", "caucasian")}
                    for group in ("african", "asian", "caucasian")
                },
            }
        )
    )
    with_groups = FaceDrive(load_bundle(bundle_copy.path))
    known = heard()
    scores = {"african": 0.2, "asian": 0.7, "caucasian": 0.1}
    estimate = replace(
        known.estimate,
        attributes={**known.estimate.attributes, "ethnicity": Choice("asian", 0.7, scores)},
    )
    parameters = with_groups(replace(known, estimate=estimate))
    for group, score in scores.items():
        assert value(with_groups, parameters, group) == pytest.approx(score, abs=1e-3)


def test_measures_are_plausible(heard: MakeHeard, drive: FaceDrive) -> None:
    measures = drive.measures(drive(heard({"female": 1.0, "male": 0.0, "child": 0.0}, age=30)))
    assert 50 < measures["nasal_index"] < 110
    assert all(np.isfinite(list(measures.values())))
