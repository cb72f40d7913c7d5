"""`s2f-edge bench` on the reference bundle, with the runtimes that are here."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge import assembly
from edge.bench import child
from edge.bench.bench import Measured
from edge.bench.child import Job
from edge.bench.energy import sensor
from edge.bench.row import Row
from edge.bench.table import lines
from edge.bench.way import Way, thread_counts, ways
from edge.inference import profile
from edge.inference.bundle import Bundle
from edge.inference.engine import Engine
from edge.inference.profile import Choice, Profile
from edge.inference.runtime import find_runtime
from edge.machine import Machine, machine
from edge.settings import Inference, Settings
from edge.settings import Inference as InferenceSettings

KEYS = ["stage", "model", "runtime", "delegate", "threads", "ms", "per"]


@pytest.fixture(scope="module")
def rows(s2f_edge, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    kept = tmp_path_factory.mktemp("bench")
    file = kept / "settings.toml"
    file.write_text(f'[inference]\nprofile = "{kept / "profile.json"}"\n')
    done = s2f_edge("bench", "--quick", "--threads", "1", "--json", "--config", file)
    assert done.code == 0, done.err
    assert (kept / "profile.json").is_file()
    return done.lines


def test_every_row_begins_with_what_was_promised(rows: list[dict[str, object]]) -> None:
    for row in rows:
        assert list(row)[:7] == KEYS
        assert row["per"] == ("frame" if row["stage"] == "face" else "second of speech")
        assert isinstance(row["ms"], float)
        assert row["ms"] > 0
    found = {(row["stage"], str(row["runtime"]).split()[0], row.get("xnnpack", False))
             for row in rows}  # fmt: skip
    for runtime in ("ai-edge-litert", "tflite-runtime"):
        for stage in ("voice", "face"):
            assert {(stage, runtime, True), (stage, runtime, False)} <= found
    assert [row["model"] for row in rows if row["stage"] == "front_end"] == ["reference-logmel64"]
    faces = [row for row in rows if row["stage"] == "face"]
    for row in faces:
        assert float(str(row["frames_per_s"])) == pytest.approx(
            1000 / float(str(row["ms"])), rel=0.01
        )


def test_the_table_has_a_line_for_every_way(s2f_edge) -> None:
    done = s2f_edge("bench", "--quick", "--threads", "1", "--no-profile")
    assert done.code == 0, done.err
    for words in (
        "reference 3 on ",
        "front end reference-logmel64",
        "ai-edge-litert, 1 thread, XNNPACK",
        "ai-edge-litert, 1 thread, plain kernels",
        "tflite-runtime, 1 thread, XNNPACK",
        "face, frames/s",
    ):
        assert words in done.out
    assert socket.gethostname() not in done.out


def test_a_delegate_that_crashes_is_a_line_that_says_so(
    s2f_edge, accelerator: Path, tmp_path
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[inference]\ndelegate_options = { mode = "crash" }\n')
    done = s2f_edge(
        "bench", "--quick", "--threads", "1", "--no-profile", "--delegate", accelerator,
        "--config", file,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "ran on the CPU, since it crashed (SIGSEGV)" in done.out


def test_a_folder_with_nothing_to_compare_with(s2f_edge, tmp_path: Path) -> None:
    done = s2f_edge("bench", "--compare", tmp_path, "--no-profile")
    assert done.code == 2
    assert "has nothing to compare with. It may have: trunk.float32.tflite" in done.err


def test_what_there_is_nothing_to_compare_with_for_is_said(
    s2f_edge, tmp_path: Path, reference: Bundle
) -> None:
    (tmp_path / "trunk.int8.tflite").write_bytes(reference.model("trunk"))
    (tmp_path / "stream.int8.tflite").write_bytes(b"no model")
    done = s2f_edge("bench", "--quick", "--threads", "1", "--no-profile", "--compare", tmp_path)
    assert done.code == 0, done.err
    assert f"trunk.onnx: {tmp_path} has no such file." in done.out
    assert "stream.int8.tflite: ai-edge-litert, 1 thread, XNNPACK: " in done.out
    assert "trunk.int8.tflite: " not in done.out


def test_the_bundle_is_compared_with_itself(s2f_edge) -> None:
    """Without a folder: its own trunk on 6 s for every update, dearer than the new part."""
    done = s2f_edge("bench", "--quick", "--threads", "1", "--json", "--no-profile", "--compare")
    assert done.code == 0, done.err
    assert "Give --compare a folder" in done.err
    ms = {(row["model"], str(row["runtime"]).split()[0]): float(row["ms"]) for row in done.lines
          if row["stage"] == "voice" and row.get("xnnpack")}  # fmt: skip
    for runtime in ("ai-edge-litert", "tflite-runtime"):
        assert ms["window of 6 s again, this bundle", runtime] > 1.2 * ms["reference", runtime]


def test_windows_are_compared_with(s2f_edge, tmp_path: Path, reference: Bundle) -> None:
    (tmp_path / "trunk.int8.tflite").write_bytes(reference.model("trunk"))
    done = s2f_edge(
        "bench", "--quick", "--threads", "1", "--json", "--no-profile", "--compare", tmp_path
    )
    assert done.code == 0, done.err
    compared = [row for row in done.lines if row["model"] == "window of 6 s again, int8"]
    assert {str(row["runtime"]).split()[0] for row in compared} == {
        "ai-edge-litert", "tflite-runtime",
    }  # fmt: skip


@pytest.mark.parametrize("threads", ["0", "two", "65"])
def test_threads_that_are_none(s2f_edge, threads: str) -> None:
    done = s2f_edge("bench", "--threads", threads)
    assert done.code == 2
    assert "numbers from 1 to 64" in done.err


def chosen(bundle: Bundle, **other: object) -> Profile:
    values: dict[str, object] = {
        "schema": profile.SCHEMA,
        "bundle_sha256": bundle.sha256,
        "target": "cpu",
        "machine": machine().key,
        "runtimes": profile.versions(),
        "voice": [Choice(1, "tflite-runtime", False, 2.0), Choice(2, "litert", True, 1.0)],
        "face": [Choice(1, "litert", True, 3.0)],
    }
    return Profile(**(values | other))  # type: ignore[arg-type]


def test_the_daemon_uses_what_was_fastest(reference: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "profile.json"
    profile.save(chosen(reference), path)

    def placed(threads: int, runtime: str = "auto") -> Engine:
        inference = InferenceSettings(runtime=runtime, threads=threads, profile=str(path))  # type: ignore[arg-type]
        return assembly.engine(Settings(inference=inference))

    one, two, told = placed(1), placed(2), placed(2, "litert")
    assert (str(one.placement.runtime), one.placement.xnnpack) == ("tflite-runtime 2.14.0", False)
    assert one.face is not None
    assert one.face.runtime.setting == "litert"
    assert (two.placement.runtime.setting, two.placement.threads) == ("litert", 2)
    assert told.placement == two.placement  # what the owner says is not overruled
    assert told.placement.threads == 2


@pytest.mark.parametrize(
    "other",
    [
        {"bundle_sha256": "0" * 64},
        {"machine": "another"},
        {"target": "coral"},
        {"runtimes": {"litert": "0.1"}},
        {"voice": [Choice(1, "no-such", True, 1.0)]},
        {"voice": [Choice(0, "litert", True, 1.0)]},
        {"runtimes": profile.versions() | {"numpy": "0.1"}},
        {"schema": 99},
    ],
)
def test_another_profile_is_ignored(
    other: dict[str, object], reference: Bundle, tmp_path: Path
) -> None:
    path = tmp_path / "profile.json"
    profile.save(chosen(reference, **other), path)
    assert profile.load(path, reference.sha256, "cpu", machine().key) is None
    settings = Settings(inference=Inference(profile=str(path)))
    assert assembly.engine(settings).placement.runtime == find_runtime("auto")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"schema": "x"}', bytes(range(256))])
def test_a_damaged_profile_is_ignored(content: bytes, reference: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    path.write_bytes(content)
    assert profile.load(path, reference.sha256, "cpu", machine().key) is None


def test_more_threads_and_other_runtimes_must_be_worth_it(reference: Bundle) -> None:
    usual, same = Choice(1, "litert", True, 1.0), Choice(1, "tflite-runtime", True, 0.95)
    assert profile.faster(None, usual) == usual
    assert profile.faster(usual, same) == usual
    two, four = Choice(2, "litert", True, 0.97), Choice(4, "litert", True, 0.6)
    found = chosen(reference, voice=[usual, two, four])
    assert [found.best("voice", most) for most in (0, 1, 2, 3, 4)] == [
        None, usual, usual, usual, four,
    ]  # fmt: skip


LOOKED_UP = """
import os, sys
from edge.inference.profile import load, profile_path

path = profile_path()
load(path, "", "cpu", "")
print(path, [name for name in sys.modules if "litert" in name or "tflite" in name])
"""


def test_a_profile_is_looked_up_without_a_home_and_without_loading_a_runtime(
    reference: Bundle, tmp_path: Path
) -> None:
    cache = tmp_path / "speech2face-edge" / "profile.json"
    profile.save(chosen(reference, bundle_sha256="", machine=""), cache)
    for environment, place in (
        ({"XDG_CACHE_HOME": str(tmp_path)}, cache),
        ({"XDG_CACHE_HOME": "relative", "HOME": str(tmp_path)},
         tmp_path / ".cache/speech2face-edge/profile.json"),
    ):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", LOOKED_UP], env=environment, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        assert done.stdout == f"{place} []\n"


def test_a_user_without_a_home_has_a_profile_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nobody)
    assert profile.profile_path() == Path("/var/cache/speech2face-edge/profile.json")


def test_a_profile_that_cannot_be_written_is_one_sentence(s2f_edge, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[inference]\nprofile = "/proc/no/profile.json"\n')
    done = s2f_edge("bench", "--quick", "--threads", "1", "--config", file)
    assert done.code == 2
    assert "cannot be written" in done.err
    assert "Set [inference] profile" in done.err


def test_ways_and_threads() -> None:
    found = list(ways(["litert"], [1, 2], "edgetpu"))
    assert [str(way) for way in found] == [
        "ai-edge-litert, 1 thread, XNNPACK",
        "ai-edge-litert, 1 thread, plain kernels",
        "ai-edge-litert, 2 threads, XNNPACK",
        "ai-edge-litert, 2 threads, plain kernels",
        "ai-edge-litert, 1 thread, edgetpu",
    ]
    assert thread_counts()[0] == 1


def test_energy_is_told_where_a_sensor_is(tmp_path: Path) -> None:
    assert sensor(tmp_path) is None
    rapl = tmp_path / "sys/class/powercap/intel-rapl:0/energy_uj"
    rapl.parent.mkdir(parents=True)
    rapl.write_text("1500000\n")
    found = sensor(tmp_path)
    assert found is not None
    assert found.millijoule(0.0) == 1500
    rapl.unlink()
    rail = tmp_path / "sys/class/hwmon/hwmon3"
    rail.mkdir(parents=True)
    for name, text in (("name", "ina3221"), ("in1_input", "5000"), ("curr1_input", "800")):
        (rail / name).write_text(f"{text}\n")
    found = sensor(tmp_path)
    assert found is not None
    found.millijoule(10.0)
    assert found.millijoule(12.0) == pytest.approx(8000)  # 4 W for 2 s
    (rail / "in1_input").unlink()
    assert sensor(tmp_path) is None
    older = tmp_path / "sys/bus/iio/devices/iio:device0/in_power0_input"
    older.parent.mkdir(parents=True)
    older.write_text("2500\n")
    found = sensor(tmp_path)
    assert found is not None
    found.millijoule(10.0)
    assert found.millijoule(12.0) == pytest.approx(5000)
    row = Row(stage="voice", model="m", runtime="r", delegate=None, threads=1, ms=1.0,
              per="second of speech", energy_mj=8.0)  # fmt: skip
    assert any(
        "mJ per s" in line
        for line in lines(machine(), "b", [Measured("", Way("litert"), [row], "")])
    )


def test_a_board_is_named_by_its_device_tree(tmp_path: Path) -> None:
    model = tmp_path / "proc/device-tree/model"
    model.parent.mkdir(parents=True)
    model.write_bytes(b"Raspberry Pi 4 Model B Rev 1.4\0")
    assert machine(tmp_path).cpu == "Raspberry Pi 4 Model B Rev 1.4"
    model.unlink()
    (tmp_path / "proc/cpuinfo").write_text("processor\t: 0\nmodel name\t: Some CPU\n")
    assert machine(tmp_path).cpu == "Some CPU"
    assert isinstance(machine(), Machine)


def test_every_bundle_is_measured(schema_2, tmp_path: Path) -> None:
    """One with attention, a shared vector and landmarks, for its other target too."""
    for target in ("cpu", "coral"):
        job = Job(str(schema_2.path), target, Way("litert"), 0.0)  # type: ignore[arg-type]
        stages = [row.stage for row in child.measure(job).rows]
        assert stages == ["voice", "face"]
        (front,) = child.measure(Job(str(schema_2.path), "cpu", None, 0.0)).rows
        assert front.model == "sf2f-logmel40"
        (again,) = child.measure(
            Job(str(schema_2.path), target, Way("litert"), 0.0, again=True)  # type: ignore[arg-type]
        ).rows
        assert again.ms > 0


LOADED = """
import sys
from edge.cli import run

run(["run", "--source", sys.argv[1], "--display", "none"])
heavy = "convert pygame tensorflow torch rich matplotlib scipy onnxruntime keras edge.bench.bench"
print(sorted(set(heavy.split()) & set(sys.modules)))
"""


def test_headless_use_loads_no_more_than_it_needs(tmp_path: Path) -> None:
    """Nothing of `convert`, no SDL, none of what only a PC has."""
    second = tmp_path / "second.wav"
    soundfile.write(second, np.zeros(16000, np.float32), 16000)
    done = subprocess.run(
        [sys.executable, "-c", LOADED, second], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_one_thread_is_one_thread(rows: list[dict[str, object]]) -> None:
    """CPU time does not exceed wall time."""
    for row in rows:
        assert float(str(row["share_of_core"])) * 1000 < 1.3 * float(str(row["ms"]))
