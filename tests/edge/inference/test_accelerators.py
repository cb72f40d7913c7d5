"""Which network goes to which device, and how a device is let go."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from edge.inference.accelerators import Accelerators
from edge.inference.backoff import Backoff
from edge.inference.bundle import Bundle, load_bundle
from edge.inference.delegates import delegate
from edge.inference.engine import Engine
from edge.inference.model import local_model
from edge.inference.placement import Delegate, Placement


def accelerators(limit_s: float = 0.5) -> Accelerators:
    return Accelerators(limit_s, backoff=lambda: Backoff(first_s=60))


def ready(engine: Engine) -> None:
    engine.accelerators.start()
    engine.accelerators.settle()


@pytest.fixture
def compiled(schema_2, schema_2_files: dict[str, bytes]) -> Bundle:
    """A bundle whose trunk for coral looks as if Google's compiler had made it."""
    from tensorflow.lite.tools import flatbuffer_utils

    content = bytearray(schema_2_files["trunk.coral.tflite"])
    graph = flatbuffer_utils.convert_bytearray_to_object(content)
    code = graph.operatorCodes[0]
    code.builtinCode, code.deprecatedBuiltinCode = 32, 32  # CUSTOM
    code.customCode = b"edgetpu-custom-op"
    schema_2.put("trunk.coral.tflite", bytes(flatbuffer_utils.convert_object_to_bytearray(graph)))
    return load_bundle(schema_2.path, "coral", keep_cpu=True)


def test_voice_and_face_share_a_stick(reference: Bundle, accelerator: Path, tmp_path: Path) -> None:
    """One process at a time can open it."""
    stick = Delegate(str(accelerator), {"device": str(tmp_path / "stick")}, "stick")
    made = Engine(reference, Placement(delegate=stick), accelerators=accelerators())
    try:
        models = [made.model(role) for role in ("head", "face")]
        ready(made)
        states = made.accelerators.states
        assert [(state.stage, state.working, state.reason) for state in states] == [
            ("voice", True, ""),
            ("face", True, ""),
        ]
        for model in models:
            assert np.isfinite(model(np.zeros(model.input_shape, np.float32))).all()
        second = Engine(reference, Placement(delegate=stick), accelerators=accelerators())
        second.model("head")
        ready(second)
        (state,) = second.accelerators.states
        second.close()
        assert "in use" in state.reason
    finally:
        made.close()


def test_a_graph_for_another_target_shows_the_cpus_numbers(schema_2, accelerator: Path) -> None:
    """The trunk for coral is float32 here, the CPU's int8."""
    bundle = load_bundle(schema_2.path)
    placement = Placement(delegate=Delegate(str(accelerator)))
    made = Engine(bundle, placement, "coral", accelerators=accelerators())
    try:
        model = made.model("trunk")
        ready(made)
        assert made.accelerators.states[0].working, made.accelerators.states
        values = np.random.default_rng(2).normal(0, 1, model.input_shape).astype(np.float32)
        cpu = local_model(bundle.model("trunk"))
        step = cpu._output.numbers.scale
        given = model(values)
        assert np.allclose(given / step, np.round(given / step), atol=1e-3)
        assert np.abs(given - cpu(values)).max() < 8 * step
        assert np.abs(given - cpu(values)).max() > 0  # not the CPU's answer
        assert made.accelerators.states[0].failures == 0
    finally:
        made.close()


def test_a_compiled_graph_without_its_stick(compiled: Bundle) -> None:
    """libedgetpu is not on this machine, or has no stick: the CPU's graph answers."""
    made = Engine(
        compiled, Placement(delegate=delegate("edgetpu:usb:0")), "coral",
        accelerators=accelerators(),
    )  # fmt: skip
    try:
        model = made.model("trunk")
        made.model("gender")  # was not compiled: stays on the CPU, and is not tried
        ready(made)
        (state,) = made.accelerators.states
        assert (state.stage, state.delegate, state.working) == ("voice", "edgetpu:usb:0", False)
        assert "libedgetpu" in state.reason
        assert np.isfinite(model(np.zeros(model.input_shape, np.float32))).all()
    finally:
        made.close()


@pytest.mark.parametrize("other", [False, True])
def test_a_compiled_graph_runs_on_an_edge_tpu_alone(
    other: bool, compiled: Bundle, accelerator: Path
) -> None:
    """With the face on the stick, the voice runs the CPU's graph, on the CPU or another device."""
    voice = Placement(delegate=Delegate(str(accelerator)) if other else None)
    made = Engine(
        compiled, voice, "coral", face=Placement(delegate=delegate("edgetpu")),
        accelerators=accelerators(),
    )  # fmt: skip
    try:
        model = made.model("trunk")
        ready(made)
        assert [state.working for state in made.accelerators.states] == [True] * other
        assert np.isfinite(model(np.zeros(model.input_shape, np.float32))).all()
    finally:
        made.close()


def test_a_device_that_is_too_slow_for_the_limit(reference: Bundle, accelerator: Path) -> None:
    placement = Placement(delegate=Delegate(str(accelerator)))
    made = Engine(reference, placement, accelerators=accelerators(1e-6))
    try:
        made.model("head")
        ready(made)
        (state,) = made.accelerators.states
        assert not state.working
        assert "for the voice head, and [inference] time_limit_s allows 1e-06" in state.reason
    finally:
        made.close()


def test_it_can_be_let_go_while_it_hangs(
    reference: Bundle, accelerator: Path, tmp_path: Path
) -> None:
    """Nobody waits for a driver when the daemon ends, and nothing is told any more."""
    log, broke, heard = tmp_path / "log", tmp_path / "broke", []
    options = {"mode": "hang", "log": str(log), "once": str(broke)}
    made = Engine(
        reference, Placement(delegate=Delegate(str(accelerator), options)),
        accelerators=Accelerators(0.5, heard.append),
    )  # fmt: skip
    made.model("head")
    made.accelerators.start()
    deadline = time.monotonic() + 20
    while not broke.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert broke.exists()
    pid = int(log.read_text().rpartition("pid=")[2])
    assert Path(f"/proc/{pid}").exists()
    started = time.monotonic()
    made.close()
    assert time.monotonic() - started < 10  # the limit for loading is 20 s
    assert not Path(f"/proc/{pid}").exists()
    assert heard == []
    assert not [state for state in made.accelerators.states if state.working]
