"""What the evaluation hears is what the board hears."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from convert.evaluate.hearing import Ear
from edge.errors import SoundError
from edge.inference.bundle import Bundle
from edge.inference.engine import Engine
from edge.pipeline import Pipeline
from edge.render import hear


@pytest.fixture(scope="module")
def engine(reference: Bundle) -> Engine:
    return Engine(reference)


@pytest.fixture(scope="module")
def ear(engine: Engine) -> Ear:
    return Ear(engine, frozenset(), draw=True)


def test_all_speech_is_what_render_says(ear: Ear, engine: Engine, woman: Path) -> None:
    heard, portrait = ear(woman), hear(woman, Pipeline(engine))
    answers, estimate = heard.after["all"], portrait.estimate
    assert answers.evidence_s == estimate.evidence_s
    assert answers.feature == pytest.approx(estimate.feature)
    assert answers.choices["gender"].scores == pytest.approx(
        dict(estimate.attributes["gender"].scores)  # type: ignore[union-attr]
    )
    age = estimate.attributes["age"]
    assert answers.readings["age"].low == pytest.approx(age.low)  # type: ignore[union-attr]
    assert heard.measures == pytest.approx(dict(estimate.craniofacial))
    assert heard.portrait.startswith(b"\x89PNG")


def test_a_duration_is_what_a_file_of_that_much_speech_gives(ear: Ear, woman: Path) -> None:
    heard = ear(woman)
    assert list(heard.after) == ["1 s", "3 s", "6 s", "all"]
    assert [a.evidence_s for a in heard.after.values()][:3] == [1.0, 3.0, 6.0]
    assert heard.speech_s > 6
    first, last = heard.after["1 s"].feature, heard.after["all"].feature
    assert np.linalg.norm(first - last) > 0.1


def test_what_was_heard_before_does_not_matter(ear: Ear, woman: Path, man: Path) -> None:
    before = ear(woman)
    ear(man)
    assert ear(woman) == before


def test_too_little_speech_gives_no_estimate(ear: Ear, woman: Path, tmp_path: Path) -> None:
    sound, rate = soundfile.read(woman)
    soundfile.write(tmp_path / "short.wav", sound[: int(0.7 * rate)], rate)
    soundfile.write(tmp_path / "silent.wav", np.zeros(rate), rate)
    short, silent = ear(tmp_path / "short.wav"), ear(tmp_path / "silent.wav")
    assert (short.after, silent.after, silent.speech_s) == ({}, {}, 0.0)
    assert 0 < short.speech_s < 1


def test_a_file_that_cannot_be_read(ear: Ear, tmp_path: Path) -> None:
    with pytest.raises(SoundError, match="There is no file"):
        ear(tmp_path / "none.wav")


def test_a_sensitive_attribute_needs_to_be_allowed(bundle_copy, woman: Path) -> None:
    from edge.inference.bundle import load_bundle

    bundle_copy.add_ethnicity()
    engine = Engine(load_bundle(bundle_copy.path))
    off, on = (
        Ear(engine, allowed, draw=False)(woman).after["all"].choices["ethnicity"]
        for allowed in (frozenset(), frozenset({"ethnicity"}))
    )
    assert off.scores == {}
    assert set(on.scores) == {"african", "asian", "caucasian"}
