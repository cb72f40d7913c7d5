"""The face that moves: mouth, lids, glide, and no blend of two people."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from edge.face.animate import FRAMES_PER_S, GLIDE_S, Animator, Moment, Pose
from edge.face.fidgets import BLINK_S, LEAST_S, MOST_S, Blinks, Glances, Sway
from edge.face.mouth import Mouth
from edge.face.sound import SILENCE, Sound, measure
from edge.inference.bundle import Bundle
from edge.inference.manifest import Parameter
from edge.state import State

LOUD, QUIET = Sound(0.2, 1200.0), Sound(0.002, 1200.0)


@pytest.fixture(scope="module")
def parameters(reference: Bundle) -> tuple[Parameter, ...]:
    return reference.manifest.face.parameters


@pytest.fixture(scope="module")
def someone(parameters: tuple[Parameter, ...]) -> np.ndarray:
    return np.array([p.default for p in parameters], np.float32)


def play(
    animator: Animator,
    seconds: float,
    state: State,
    values: np.ndarray | None,
    sound: Sound = SILENCE,
    start_s: float = 0.0,
    person: int = 0,
) -> Iterator[Pose]:
    for frame in range(round(seconds * FRAMES_PER_S)):
        yield animator(Moment(start_s + frame / FRAMES_PER_S, state, values, person, sound))


def test_the_mouth_follows_loudness_only_while_somebody_speaks(parameters, someone) -> None:
    def opened(state: State, sound: Sound) -> float:
        return max(
            p.expression.jaw_open for p in play(Animator(parameters), 1, state, someone, sound)
        )

    assert opened(State.SPEAKING, LOUD) > 0.4
    assert opened(State.SPEAKING, QUIET) < 0.05
    assert opened(State.LISTENING, LOUD) == opened(State.HOLDING, LOUD) == 0


def test_the_expression_is_in_the_decoders_parameters(parameters, someone) -> None:
    names = [p.name for p in parameters]
    *_, pose = play(Animator(parameters), 1, State.SPEAKING, someone, LOUD)
    assert pose.values is not None
    assert pose.values[names.index("jaw_open")] == pytest.approx(pose.expression.jaw_open)
    identity = [i for i, p in enumerate(parameters) if p.role != "expression"]
    np.testing.assert_array_equal(pose.values[identity], someone[identity])


def test_values_stay_in_their_ranges(parameters, someone) -> None:
    low, high = (np.array([getattr(p, end) for p in parameters]) for end in ("low", "high"))
    animator = Animator(parameters, seed=5)
    rng = np.random.default_rng(0)
    for frame in range(900):
        state = list(State)[frame // 150]
        sound = Sound(float(rng.random()), float(rng.uniform(100, 8000)))
        pose = animator(Moment(frame / 30, state, someone, 0, sound))
        assert pose.values is not None
        assert (pose.values >= low - 1e-6).all() and (pose.values <= high + 1e-6).all()  # noqa: PT018
        assert np.abs(pose.expression.shift).max() < 0.025


def test_muted_eyes_are_closed_and_stay_closed(parameters, someone) -> None:
    animator = Animator(parameters)
    poses = [
        *play(animator, 2, State.IDLE, someone),
        *play(animator, 3, State.MUTED, someone, start_s=2),
    ]
    assert min(p.expression.blink for p in poses[: 2 * FRAMES_PER_S]) == 0
    assert min(p.expression.blink for p in poses[3 * FRAMES_PER_S :]) > 0.99


def test_the_same_seed_gives_the_same_frames(parameters, someone) -> None:
    def frames(seed: int) -> np.ndarray:
        poses = play(Animator(parameters, seed), 10, State.SPEAKING, someone, LOUD)
        return np.array([pose.values for pose in poses])

    np.testing.assert_array_equal(frames(1), frames(1))
    assert np.abs(frames(1) - frames(2)).max() > 0.5, "another seed blinks at other times"


def test_it_is_never_quite_still_and_never_jumps(parameters, someone) -> None:
    poses = list(play(Animator(parameters), 20, State.HOLDING, someone))
    shifts = np.array([p.expression.shift for p in poses])
    assert np.ptp(shifts, axis=0).min() > 0.001, "the head moves"
    assert np.abs(np.diff(shifts, axis=0)).max() < 0.001, "slowly"
    assert np.ptp([p.expression.gaze for p in poses], axis=0).max() > 0.2, "the eyes do not stare"


def test_it_glides_to_a_new_portrait_and_jumps_to_another_person(parameters, someone) -> None:
    older = someone.copy()
    place = [p.name for p in parameters].index("age")
    older[place] = someone[place] + 0.4
    animator = Animator(parameters)
    list(play(animator, 1, State.HOLDING, someone))
    ages = [float(p.values[place]) for p in play(animator, 1.5, State.HOLDING, older, start_s=1)]
    assert max(np.diff(ages)) < 0.15 * 0.4 * 1.1, "in small steps"
    assert ages[round(GLIDE_S * FRAMES_PER_S)] > someone[place] + 0.9 * 0.4, "soon"
    other = next(play(animator, 1, State.HOLDING, someone, start_s=2.5, person=1))
    assert other.values[place] == someone[place], "two people are not blended"


def test_a_long_pause_does_not_break_it(parameters, someone) -> None:
    animator = Animator(parameters)
    animator(Moment(5.0, State.SPEAKING, someone, 0, LOUD))
    pose = animator(Moment(90005.0, State.SPEAKING, someone, 0, LOUD))
    assert np.isfinite(pose.values).all()
    before = animator(Moment(90000.0, State.SPEAKING, someone, 0, LOUD))  # a clock that went back
    assert np.isfinite(before.values).all()


def test_without_a_face_there_is_no_pose_of_one(parameters) -> None:
    assert Animator(parameters)(Moment(0, State.IDLE)).values is None


def test_blinks_come_at_natural_intervals_whatever_the_frame_rate() -> None:
    blinks = Blinks(seed=3)
    times = np.arange(0, 300, 0.01)
    closed = np.array([blinks(t) for t in times])
    starts = times[1:][(closed[1:] > 0) & (closed[:-1] == 0)]
    intervals = np.diff(starts)
    assert LEAST_S - 0.02 <= intervals.min() < intervals.max() <= MOST_S + 0.02
    assert intervals.std() > 0.5, "without a beat"
    assert closed.max() == 1.0
    assert (closed > 0).sum() * 0.01 == pytest.approx(len(starts) * BLINK_S, rel=0.15)
    assert [Blinks(seed=3)(t) for t in times[::333]] == list(closed[::333])


def test_glances_and_sway_stay_small() -> None:
    glances, sway = Glances(1), Sway(1, 0)
    places = np.array([glances(t) for t in np.arange(0, 200, 0.1)])
    assert np.abs(places).max() <= 0.9
    assert np.median(np.abs(places)) < 0.25, "mostly ahead"
    assert np.abs([sway(t) for t in np.arange(0, 200, 0.1)]).max() <= 1


def test_the_mouth_opens_faster_than_it_closes() -> None:
    mouth = Mouth()
    mouth.follow(LOUD, 0.05)
    after_attack = mouth.open
    for _ in range(40):
        mouth.follow(LOUD, 0.05)
    wide = mouth.open
    mouth.follow(SILENCE, 0.05)
    assert after_attack > 0.5 * wide
    assert mouth.open > 0.5 * wide
    for _ in range(20):
        mouth.follow(SILENCE, 0.05)
    assert mouth.open < 0.02


def test_a_quiet_microphone_opens_the_mouth_as_a_loud_one_does_and_noise_does_not() -> None:
    def widest(level: float) -> float:
        mouth = Mouth()
        for _ in range(60):
            mouth.follow(Sound(level, 1000.0), 1 / 30)
        return mouth.open

    assert widest(0.04) == pytest.approx(widest(0.4), abs=0.05)
    assert widest(0.003) < 0.05


def test_the_frame_rate_does_not_change_the_mouth() -> None:
    slow, fast = Mouth(), Mouth()
    for _ in range(10):
        slow.follow(LOUD, 0.1)
    for _ in range(100):
        fast.follow(LOUD, 0.01)
    assert slow.open == pytest.approx(fast.open, abs=0.02)


def test_bright_sounds_spread_the_lips_and_dark_ones_round_them(parameters, someone) -> None:
    def last(hertz: float) -> Pose:
        tone = np.sin(2 * np.pi * hertz * np.arange(1600) / 16000).astype(np.float32) / 3
        *_, pose = play(Animator(parameters), 1, State.SPEAKING, someone, measure(tone))
        return pose

    dark, bright = last(400.0).expression, last(2200.0).expression
    assert dark.funnel > bright.funnel + 0.2
    assert dark.pucker > bright.pucker + 0.1
    assert bright.smile > dark.smile + 0.1


@pytest.mark.parametrize("hertz", [400.0, 1500.0, 3000.0])
def test_the_sound_of_a_tone(hertz: float) -> None:
    tone = 0.5 * np.sin(2 * np.pi * hertz * np.arange(1600) / 16000).astype(np.float32)
    sound = measure(tone)
    assert sound.level == pytest.approx(0.5 / np.sqrt(2), rel=0.01)
    assert sound.centroid_hz == pytest.approx(hertz, rel=0.03)


def test_silence_and_nothing_have_no_colour() -> None:
    assert measure(np.zeros(0, np.float32)) == measure(np.zeros(533, np.float32)) == SILENCE
