from __future__ import annotations

import numpy as np
import pytest

from convert.reference.face.landmarks import MEASURES, fit_measures, measure


def points() -> dict[str, np.ndarray]:
    places = {
        "nasion": (0, 12, 0),
        "subnasale": (0, 7, 0),
        "labiale_superius": (0, 5, 0),
        "labiale_inferius": (0, 3, 0),
        "gnathion": (0, 0, 0),
        "alare_left": (2, 7, 0),
        "alare_right": (-2, 7, 0),
        "cheilion_left": (3, 4, 0),
        "cheilion_right": (-3, 4, 0),
        "zygion_left": (8, 10, 0),
        "zygion_right": (-8, 10, 0),
        "gonion_left": (6, 3, 0),
        "gonion_right": (-6, 3, 0),
        "pupil_left": (4, 11, 0),
        "pupil_right": (-4, 11, 0),
    }
    return {name: np.array(place, np.float32) for name, place in places.items()}


def test_measures_of_a_known_face() -> None:
    found = dict(zip((m.name for m in MEASURES), measure(points()), strict=True))
    assert found == pytest.approx(
        {
            "nasal_index": 80.0,
            "facial_index": 75.0,
            "jaw_width_index": 75.0,
            "mouth_width_index": 37.5,
            "lip_height_index": 100 * 2 / 12,
            "interpupillary_index": 50.0,
            "nose_height_index": 100 * 5 / 12,
        }
    )


def test_measures_do_not_depend_on_the_unit() -> None:
    millimetres = {name: 10 * place for name, place in points().items()}
    assert np.allclose(measure(points()), measure(millimetres))


def test_a_linear_map_is_found_again() -> None:
    rng = np.random.default_rng(0)
    weights, bias = rng.normal(size=(3, 5)), rng.normal(size=3)
    x = rng.normal(size=(400, 5)).astype(np.float32)
    noise = np.zeros((400, 3))
    noise[:, 2] = rng.normal(scale=5.0, size=400)
    fitted = fit_measures(x, (x @ weights.T + bias + noise).astype(np.float32), ridge=1e-9)
    assert np.allclose(fitted.weights[:2], weights[:2], atol=1e-3)
    assert np.allclose(fitted.bias[:2], bias[:2], atol=1e-3)
    assert fitted.r_squared[:2] == pytest.approx(1.0, abs=1e-5)
    assert fitted.r_squared[2] < 0.6
    assert np.allclose(fitted.predict(x[:4])[:, :2], (x[:4] @ weights.T + bias)[:, :2], atol=1e-3)
