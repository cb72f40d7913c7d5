"""The threshold from which a voice is another one."""

from __future__ import annotations

import numpy as np
import pytest

from convert.change import FALSE_ALARMS, change


def halves(recordings: int, noise: float) -> np.ndarray:
    random = np.random.default_rng(0)
    speakers = random.normal(3, 1, (recordings, 1, 16))
    return (speakers + random.normal(0, noise, (recordings, 2, 16))).astype(np.float32)


def test_few_false_alarms_and_most_changes() -> None:
    made = change(halves(200, 0.3), windows=4)
    assert made.false_alarms <= 2 * FALSE_ALARMS
    assert made.found > 0.95
    assert made.windows == 4
    # what all voices share is not likeness
    np.testing.assert_allclose(made.mean, 3, atol=0.3)


def test_features_that_do_not_tell_find_few() -> None:
    assert change(halves(200, 5.0), windows=4).found < 0.2


@pytest.mark.parametrize("recordings", [20, 400])
def test_the_threshold_is_a_cosine(recordings: int) -> None:
    assert -1 <= change(halves(recordings, 1.0), windows=1).threshold <= 1
