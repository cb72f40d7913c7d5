"""The doctor names what is missing and what to do about it."""

from __future__ import annotations

import json
import socket
from pathlib import Path


def by_subject(out: str) -> dict[str, dict[str, object]]:
    return {finding["subject"]: finding for finding in json.loads(out)}


def settings(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    return file


def test_this_machine(s2f_edge) -> None:
    done = s2f_edge("doctor", "--json")
    found = by_subject(done.out)
    microphone = found["microphone"]
    assert done.code == (0 if microphone["ok"] else 5)
    assert microphone["needed"] is True
    assert microphone["ok"] or "Plug one in" in str(microphone["words"])
    assert found["runtime"]["ok"] is True
    assert "tflite-runtime" in str(found["runtime"]["words"])
    assert found["bundle"]["ok"] is True
    assert "verified" in str(found["bundle"]["words"])
    assert {"display window", "display web", "display png"} <= set(found)
    assert "nothing is published" in str(found["broker"]["words"])


def test_all_is_well_with_a_file_as_the_microphone(s2f_edge, woman: Path, tmp_path: Path) -> None:
    file = settings(tmp_path, f'[audio]\nsource = "{woman}"\n')
    done = s2f_edge("doctor", "--config", file)
    assert done.code == 0, done.out
    assert "ok   source:" in done.out


def test_a_damaged_bundle_and_a_broker_that_is_down(
    s2f_edge, bundle_copy, woman: Path, tmp_path: Path
) -> None:
    (bundle_copy.path / "trunk.tflite").unlink()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = settings(
        tmp_path,
        f'[audio]\nsource = "{woman}"\n[bundle]\npath = "{bundle_copy.path}"\n'
        f'[mqtt]\nbroker = "mqtt://127.0.0.1:{port}"\n',
    )
    done = s2f_edge("doctor", "--json", "--config", file)
    assert done.code == 5
    found = by_subject(done.out)
    assert "has no file trunk.tflite" in str(found["bundle"]["words"])
    assert "does not answer" in str(found["broker"]["words"])


def test_a_delegate_is_tried_and_a_crash_is_a_finding(
    s2f_edge, accelerator: Path, tmp_path: Path
) -> None:
    for mode, ok, said in (
        ("healthy", True, "the voice runs on"),
        (
            "crash",
            False,
            "it crashed (SIGSEGV). The CPU is used meanwhile. Plug",
        ),
    ):
        file = settings(
            tmp_path,
            f'[inference]\ndelegate = "{accelerator}"\ndelegate_options = {{ mode = "{mode}" }}\n',
        )
        found = by_subject(s2f_edge("doctor", "--json", "--config", file).out)["delegates"]
        assert found["ok"] is ok
        assert said in str(found["words"])
