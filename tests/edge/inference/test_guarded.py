"""Delegates compiled from C break in every way; no update is lost, and they are taken back."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import timeline

from edge.display import words
from edge.inference.accelerators import Accelerators
from edge.inference.backoff import Backoff
from edge.inference.bundle import Bundle
from edge.inference.delegate_state import DelegateState
from edge.inference.engine import Engine
from edge.inference.model import StreamModel, local_model, local_stream
from edge.inference.order import Order
from edge.inference.placement import Delegate, Placement
from edge.inference.runtime import find_runtime
from edge.scene import Scene
from edge.state import State

RUNTIMES = ("litert", "tflite-runtime")


def engine(bundle: Bundle, library: Path | str, runtime: str = "litert", **options: str) -> Engine:
    delegate = Delegate(str(library), options, "test")
    placement = Placement(find_runtime(runtime), delegate=delegate)
    quick = Accelerators(0.5, backoff=lambda: Backoff(first_s=0.2))
    return Engine(bundle, placement, accelerators=quick)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("mode", timeline.MODES)
def test_no_update_is_lost_and_the_delegate_comes_back(
    mode: str, runtime: str, accelerator: Path, tmp_path: Path
) -> None:
    found = timeline.record(accelerator, mode, runtime, tmp_path)
    assert found.lost == 0
    never_started = mode in ("refuse", "prepare")
    expected = ["cpu", "delegate"] if never_started else ["delegate", "failed", "cpu", "delegate"]
    assert found.places == expected
    working = [state.working for _, state in found.states]
    assert working == ([False, True] if never_started else [True, False, True])
    (reason,) = [state.reason for _, state in found.states if state.reason]
    said = {
        "fail": "failed to invoke",
        "hang": "did not answer within 0.3 s",
        "crash": "crashed (SIGSEGV)",
        "wrong": "wrong numbers",
        "refuse": "no accelerator is plugged in",
        "prepare": "does not take this graph",
    }
    assert said[mode] in reason
    assert "\n" not in reason
    # the limit, the CPU's answer, and what a busy machine adds
    assert found.longest_s < timeline.LIMIT_S + 1.0
    timeline.draw([found]).save(tmp_path / "timeline.png")


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("role", ["trunk", "head", "gender", "face"])
def test_a_healthy_delegate_gives_what_the_cpu_gives(
    role: str, runtime: str, reference: Bundle, accelerator: Path
) -> None:
    made = engine(reference, accelerator, runtime)
    try:
        model = made.model(role)
        made.accelerators.start()
        made.accelerators.settle()
        assert made.accelerators.states[0].working
        cpu = local_model(reference.model(role), find_runtime(runtime))
        values = np.random.default_rng(1).normal(0, 0.5, model.input_shape).astype(np.float32)
        off = np.abs(model(values) - cpu(values)) / cpu._output.numbers.scale
        assert np.quantile(off, 0.98) <= 2
        assert made.accelerators.states[0].failures == 0
    finally:
        made.close()


@pytest.fixture(scope="session")
def leaky_sum() -> bytes:
    """A streaming network: gives a projection of the new values with what it remembers."""
    import tensorflow as tf

    random = np.random.default_rng(7)
    weights = tf.constant(random.normal(0, 0.3, (8, 8)), tf.float32)
    spec = tf.TensorSpec((1, 8), tf.float32)

    @tf.function(input_signature=[spec, spec])
    def run(new: tf.Tensor, state: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        after = 0.5 * state + tf.matmul(new, weights)
        return tf.matmul(after, weights), after

    converter = tf.lite.TFLiteConverter.from_concrete_functions([run.get_concrete_function()])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: (
        [random.normal(0, 1, (1, 8)).astype(np.float32) for _ in range(2)] for _ in range(50)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


@pytest.mark.parametrize("mode", ["fail", "hang", "crash", "wrong"])
def test_the_cpu_goes_on_from_the_state_that_the_delegate_left(
    mode: str, leaky_sum: bytes, accelerator: Path, tmp_path: Path
) -> None:
    """The answers are those of a stream that was never interrupted."""
    options = {"mode": mode, "after": "29", "once": str(tmp_path / "broke")}
    placement = Placement(delegate=Delegate(str(accelerator), options, "test"))
    quick = Accelerators(0.5, backoff=lambda: Backoff(first_s=0.3))
    order = Order("voice", "sum", leaky_sum, leaky_sum, placement)
    stream, cpu = StreamModel(quick.open(order)), local_stream(leaky_sum)
    quick.start()
    quick.settle()
    random = np.random.default_rng(4)
    seen: list[bool] = []
    try:
        deadline = time.monotonic() + 15
        while seen != [True, False, True] and time.monotonic() < deadline:
            values = random.normal(0, 1, 8).astype(np.float32)
            off = np.abs(stream(values) - cpu(values)) / cpu.output_step
            assert off.max() <= 3
            working = quick.states[0].working
            if not seen or seen[-1] != working:
                seen.append(working)
            time.sleep(0.02)
    finally:
        quick.close()
    assert seen == [True, False, True]
    assert quick.states[0].failures == 1


def test_options_reach_the_library(reference: Bundle, accelerator: Path, tmp_path: Path) -> None:
    log = tmp_path / "options"
    made = engine(reference, accelerator, log=str(log), colour="blue")
    made.model("gender")
    made.accelerators.start()
    made.accelerators.settle()
    made.close()
    assert "colour=blue" in log.read_text().splitlines()


@pytest.mark.parametrize(
    ("library", "said"),
    [("/no/such/library.so", "refuses"), ("libm.so.6", "refuses")],
)
def test_a_library_that_is_none_leaves_the_cpu(library: str, said: str, reference: Bundle) -> None:
    made = engine(reference, library)
    try:
        model = made.model("gender")
        made.accelerators.start()
        made.accelerators.settle()
        (state,) = made.accelerators.states
        assert not state.working
        assert said in state.reason
        assert np.isfinite(model(np.zeros(model.input_shape, np.float32))).all()
    finally:
        made.close()


def test_two_stages_stand_for_themselves(
    reference: Bundle, accelerator: Path, tmp_path: Path
) -> None:
    """The voice's stick breaks; the face's goes on."""
    runtime = find_runtime()
    once = str(tmp_path / "broke")
    voice = Placement(
        runtime,
        delegate=Delegate(str(accelerator), {"mode": "crash", "after": "9", "once": once}, "one"),
    )
    face = Placement(runtime, delegate=Delegate(str(accelerator), {}, "other"))
    heard: list[DelegateState] = []
    made = Engine(
        reference,
        voice,
        face=face,
        accelerators=Accelerators(0.5, heard.append, lambda: Backoff(first_s=60)),
    )
    try:
        models = [made.model(role) for role in ("gender", "face")]
        made.accelerators.start()
        made.accelerators.settle()
        for _ in range(20):
            for model in models:
                model(np.zeros(model.input_shape, np.float32))
        first, second = made.accelerators.states
        assert (first.stage, first.working, first.failures) == ("voice", False, 1)
        assert (second.stage, second.working, second.failures) == ("face", True, 0)
        assert [state.working for state in heard if state.stage == "voice"] == [True, False]
    finally:
        made.close()
    said = words.notice(Scene(State.SPEAKING, delegates=(first, second)))
    assert said == "The voice runs on the CPU: one failed, it crashed (SIGSEGV)."


def test_a_delegate_that_never_works_is_tried_less_and_less(
    reference: Bundle, accelerator: Path
) -> None:
    times: list[float] = []
    delegate = Delegate(str(accelerator), {"mode": "refuse"}, "test")
    quick = Accelerators(
        0.5, lambda state: times.append(time.monotonic()), lambda: Backoff(first_s=0.2)
    )
    made = Engine(reference, Placement(find_runtime(), delegate=delegate), accelerators=quick)
    made.model("gender")
    quick.start()
    deadline = time.monotonic() + 20
    while len(times) < 5 and time.monotonic() < deadline:
        time.sleep(0.05)
    made.close()
    waits = np.diff(times)
    assert len(times) >= 5
    assert waits[3] > 2 * waits[0]


def test_waiting_doubles_up_to_a_limit_with_a_little_chance() -> None:
    backoff = Backoff(first_s=1, longest_s=10)
    waits = [backoff.next_s() for _ in range(8)]
    for wait, plain in zip(waits, (1, 2, 4, 8, 10, 10, 10, 10), strict=True):
        assert 0.8 * plain <= wait <= 1.2 * plain
    assert len(set(waits)) == len(waits)
    backoff.succeeded()
    assert backoff.next_s() <= 1.2
