"""`s2f-convert evaluate` from end to end, on pieces of the two sample voices."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile

from convert.evaluate.command import add_command
from convert.evaluate.hearing import Ear
from convert.evaluate.listening import Job, Worker, remember
from edge.errors import BundleError, DeviceError, EdgeError, SoundError, UsageError
from edge.inference.bundle import reference_path

HEADER = "file,who,sex,age,origin,room\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pieces each of a woman and a man, one too short, one missing, and their table."""
    from importlib import resources

    folder = tmp_path_factory.mktemp("data")
    samples = Path(str(resources.files("edge"))) / "samples"
    rows = []
    for name, sex, age in (("woman", "F", "25"), ("man", "m", "fourties")):
        sound, rate = soundfile.read(samples / f"{name}.flac")
        for n in range(3):
            piece = sound[int(3.4 * n * rate) : int(3.4 * (n + 1) * rate)]
            soundfile.write(folder / f"{name}{n}.wav", piece, rate)
            rows.append(f"{name}{n}.wav,{name},{sex},{age},asian,{'hall' if n else 'booth'}")
        soundfile.write(folder / f"{name}-short.wav", sound[: rate // 2], rate)
    rows += ["man-short.wav,man,other,old,,hall", "none.wav,x,m,30,,", "man0.wav,man,m,30,,"]
    (folder / "people.csv").write_text(HEADER + "\n".join(rows) + "\n")
    return folder


def call(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    add_command(parser.add_subparsers())
    parsed = parser.parse_args(["evaluate", *map(str, arguments)])
    return int(parsed.run(parsed))


def options(data: Path, out: Path) -> list[str | Path]:
    columns = ("speaker=who", "gender=sex", "ethnicity=origin", "condition=room")
    return [
        "--metadata", data / "people.csv", "--out", out, "--smallest-group", "2",
        *(part for column in columns for part in ("--column", column)),
    ]  # fmt: skip


def evaluate(data: Path, out: Path, *more: str | Path) -> dict:
    bundle = reference_path() if not more or not isinstance(more[0], Path) else more[0]
    assert call(bundle, *options(data, out), *(m for m in more if m is not bundle)) == 0
    return json.loads((out / "report.json").read_text())


@pytest.fixture(scope="module")
def out(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "deep" / "report"
    evaluate(data, folder, "--processes", "2")
    return folder


@pytest.fixture
def report(out: Path) -> dict:
    return json.loads((out / "report.json").read_text())


def test_everything_is_counted(report: dict) -> None:
    counts = report["counts"]
    assert (counts["rows"], counts["sounds"], counts["speakers"]) == (9, 6, 2)
    assert [each["file"] for each in counts["unreadable"]] == ["none.wav"]
    assert [each["file"] for each in counts["too_little_speech"]] == ["man-short.wav"]
    assert [each["file"] for each in counts["refused_rows"]] == ["man0.wav"]
    assert counts["speakers_named"] is True


def test_who_made_it_from_what(report: dict, reference) -> None:
    assert report["schema_version"] == 1
    assert report["bundle"]["sha256"] == reference.sha256
    assert report["runtime"].startswith(("ai-edge-litert", "tflite-runtime"))
    assert report["created_by"].startswith("speech2face-edge ")
    assert report["not_measured"] == {"ethnicity": "not in this bundle"}
    assert report["sensitive"] == []


def test_gender_and_age_are_measured(report: dict) -> None:
    gender = report["attributes"]["gender"]["after"]["all"]
    assert gender["confusions"]["forced"]["counts"] == [[3, 0], [0, 3]]
    forced = gender["populations"]["everybody"]["forced"]
    # all right, of two speakers
    assert (forced["value"], forced["sounds"], forced["speakers"]) == (1.0, 6, 2)
    assert forced["low"] == pytest.approx(2 / (2 + 1.96**2), abs=1e-4)
    age = report["attributes"]["age"]["after"]["all"]["populations"]["everybody"]
    assert 0 <= age["error"]["value"] < 40
    assert list(report["attributes"]["gender"]["after"]) == ["1 s", "3 s", "all"]
    by = {g["column"]: g["groups"] for g in gender["groupings"]}
    assert {g["name"] for g in by["condition"]} == {"hall", "booth"}
    assert {g["name"] for g in by["gender"]} == {"female", "male"}


def test_the_page_is_whole_and_self_contained(out: Path) -> None:
    class Balance(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.stack: list[str] = []

        def handle_starttag(self, tag, attributes) -> None:
            assert "src" not in dict(attributes)
            assert tag != "script"
            if tag not in ("meta", "html"):
                self.stack.append(tag)

        def handle_startendtag(self, tag, attributes) -> None:
            pass

        def handle_endtag(self, tag) -> None:
            if tag not in ("meta", "html"):
                assert self.stack.pop() == tag

    text = (out / "report.html").read_text()
    parser = Balance()
    parser.feed(text)
    assert parser.stack == []
    assert "none.wav: There is no file" in text
    assert "prefers-color-scheme: dark" in text
    assert "http" not in text


def test_nothing_else_is_left_behind(out: Path) -> None:
    assert sorted(path.name for path in out.iterdir()) == ["report.html", "report.json"]


def test_one_process_and_two_say_the_same(data: Path, out: Path, tmp_path: Path) -> None:
    evaluate(data, tmp_path, "--processes", "1")
    assert (tmp_path / "report.json").read_bytes() == (out / "report.json").read_bytes()
    assert (tmp_path / "report.html").read_bytes() == (out / "report.html").read_bytes()


def test_a_sensitive_attribute_is_measured_and_said(data: Path, bundle_copy, tmp_path) -> None:
    bundle_copy.add_ethnicity()
    found = evaluate(data, tmp_path / "out", bundle_copy.path, "--processes", "1")
    assert found["sensitive"] == ["ethnicity"]
    counts = found["attributes"]["ethnicity"]["after"]["all"]["confusions"]["forced"]["counts"]
    assert [sum(row) for row in counts] == [0, 6, 0]
    assert "calls it sensitive: ethnicity" in (tmp_path / "out" / "report.html").read_text()


def test_features_and_faces(data: Path, tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    names = [f"{who}{n}.wav" for who in ("woman", "man") for n in range(3)]
    np.savez(tmp_path / "f.npz", name=names, feature=chance.standard_normal((6, 256)))
    (tmp_path / "faces").mkdir()
    for name in names[:4]:
        np.save(tmp_path / "faces" / f"{Path(name).stem}.npy", chance.uniform(0, 99, (68, 2)))
    found = evaluate(
        data, tmp_path / "out", "--processes", "1",
        "--features", str(tmp_path / "f.npz"), "--faces", str(tmp_path / "faces"),
    )  # fmt: skip
    assert found["features"]["after"]["all"]["retrieval"]["gallery"] == 6
    assert found["faces"]["landmarks"] == 4
    assert found["faces"]["without_reference"] == 2
    assert "nasal_index" in found["faces"]["correlations"]
    assert "Table 2 of Oh et al. 2019" in (tmp_path / "out" / "report.html").read_text()


def test_values_that_are_not_understood_are_named(data: Path, tmp_path: Path) -> None:
    table = (data / "people.csv").read_text().replace("woman0.wav,woman,F,25", "woman0.wav,w,?,old")
    (tmp_path / "people.csv").write_text(table)
    arguments = options(data, tmp_path / "out")
    arguments[1] = tmp_path / "people.csv"
    assert call(reference_path(), *arguments, "--root", data, "--processes", "1") == 0
    found = json.loads((tmp_path / "out" / "report.json").read_text())
    assert found["attributes"]["gender"]["unknown_values"] == {"?": 1}
    assert found["attributes"]["age"]["unknown_values"] == {"old": 1}
    assert found["attributes"]["age"]["known"] == 5


def refused(kind: type[EdgeError], words: str, *arguments: str | Path) -> None:
    with pytest.raises(kind, match=words):
        call(*arguments)


def test_strict_names_the_first_file(data: Path, tmp_path: Path) -> None:
    given = options(data, tmp_path / "out")
    refused(
        SoundError, "--strict: There is no file .*none.wav",
        reference_path(), *given, "--strict", "--processes", "1",
    )  # fmt: skip
    assert not (tmp_path / "out" / "report.json").exists()


def test_what_is_wrong_is_said_with_its_code(data: Path, tmp_path: Path) -> None:
    given = options(data, tmp_path / "out")
    refused(BundleError, "There is no bundle", tmp_path / "none", *given)
    refused(UsageError, "NAME=COLUMN is wanted", reference_path(), *given, "--column", "gender")
    refused(UsageError, "NAME:VALUE=MEANING", reference_path(), *given, "--value", "a=b")
    refused(UsageError, "at least 1", reference_path(), *given, "--smallest-group", "0")
    refused(UsageError, "no folder", reference_path(), *given, "--faces", tmp_path / "none")
    refused(UsageError, "cannot be read", reference_path(), *given, "--features", tmp_path / "no")
    assert not (tmp_path / "out").exists()


def test_a_table_without_labels(data: Path, tmp_path: Path) -> None:
    (tmp_path / "bare.csv").write_text("file\nwoman0.wav\n")
    arguments = ("--metadata", tmp_path / "bare.csv", "--root", data, "--out", tmp_path / "out")
    refused(UsageError, "nothing can be measured", reference_path(), *arguments)


def test_no_sound_that_can_be_used(data: Path, tmp_path: Path) -> None:
    arguments = [*options(data, tmp_path / "out"), "--root", tmp_path, "--processes", "1"]
    refused(SoundError, "No sound can be used.*--root", reference_path(), *arguments)


def test_a_report_that_cannot_be_written(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    refused(DeviceError, "cannot be made", reference_path(), *options(data, tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "precious"


def test_a_full_disk_keeps_the_old_report(data: Path, tmp_path: Path) -> None:
    """Files of at most 12 kB may be written, as on a disk with so much left: the page has more."""
    (tmp_path / "report.json").write_text("old")
    words = " ".join(f"'{part}'" for part in options(data, tmp_path))
    done = subprocess.run(
        ["bash", "-c", f"ulimit -f 12; trap '' XFSZ; exec '{sys.executable}' -c \"{RUN}\" "
         f"'{reference_path()}' {words} --processes 1"],
        capture_output=True, text=True, timeout=120, env={**os.environ},
    )  # fmt: skip
    assert done.returncode == 5, done.stderr
    assert "report.html cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "report.json").read_text() == "old"


RUN = """
import argparse, sys
from convert.evaluate.command import add_command
from edge.errors import EdgeError
parser = argparse.ArgumentParser()
add_command(parser.add_subparsers())
if __name__ == '__main__':
    try:
        parsed = parser.parse_args(['evaluate', *sys.argv[1:]])
        sys.exit(parsed.run(parsed))
    except EdgeError as error:
        sys.stderr.write(f'{error}\\n')
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.mark.parametrize("processes", ["1", "2"])
def test_an_interrupted_run_continues(
    data: Path, out: Path, tmp_path: Path, processes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "out" / ".cache"
    arguments = [*options(data, tmp_path / "out"), "--processes", processes]
    running = subprocess.Popen(
        [sys.executable, "-c", RUN, reference_path(), *arguments],
        stderr=subprocess.PIPE, text=True, start_new_session=True,
        # a shell ignores Ctrl-C for what it runs in the background, and that is inherited
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while len([*cache.glob("*")] if cache.exists() else []) < 3 and running.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.killpg(running.pid, signal.SIGINT)  # as Ctrl-C does
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130, errors
    assert "Traceback" not in errors
    assert not (tmp_path / "out" / "report.json").exists()
    kept = len([*cache.glob("*")]) - 1

    listened = []
    ear = Ear.__call__
    monkeypatch.setattr(
        Ear, "__call__", lambda self, path: listened.append(path) or ear(self, path)
    )
    evaluate(data, tmp_path / "out", "--processes", "1")
    assert len(listened) == 8 - kept  # eight sounds; the missing one leaves nothing to keep
    assert kept >= 2
    assert (tmp_path / "out" / "report.json").read_bytes() == (out / "report.json").read_bytes()
    assert not cache.exists()


def test_what_was_kept_for_another_bundle_is_not_used(tmp_path: Path) -> None:
    def key(**other) -> str:
        given = {
            "bundle": tmp_path, "sha256": "1", "runtime": "auto", "runtime_version": "1",
            "target": "cpu", "allowed": frozenset(), "draw": False, "cache": tmp_path,
        }  # fmt: skip
        return Job(**{**given, **other}).key(b"sound")

    others = [{"sha256": "2"}, {"runtime_version": "2"}, {"target": "coral"}, {"draw": True}]
    keys = {key(), *(key(**other) for other in others), key(allowed=frozenset({"ethnicity"}))}
    assert len(keys) == 6
    assert key(bundle=tmp_path / "moved") == key()


def test_a_damaged_memory_is_heard_again(data: Path, out: Path, tmp_path: Path) -> None:
    job = Job(reference_path(), "x", "auto", "x", "cpu", frozenset(), False, tmp_path / ".cache")
    worker = Worker(job)
    first = worker(data / "man0.wav")
    place = job.cache / job.key((data / "man0.wav").read_bytes())
    remember(place, b"damaged")
    assert worker(data / "man0.wav") == first
