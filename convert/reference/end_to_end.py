"""What the converted models do from end to end, beside the float ones they were made from.

The same speakers and the same drawn faces, neither of them seen in training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from convert.certificate import run
from convert.export import Floats
from edge.inference.interpreter import Model, Runtime, find_runtime, installed_runtimes

FACES = 200


@dataclass(frozen=True)
class EndToEnd:
    """What whole chains of models do."""

    measures: dict[str, dict[str, float]]
    """measure → way of running → value"""
    voice: dict[str, Any]
    """the whole evaluation of the int8 voice models, under the first runtime"""


def end_to_end(
    voice: Path, face: Path, models: Mapping[str, bytes], data: Path | None = None
) -> EndToEnd:
    """Measure the int8 `models`, by name, and the float ones of the work folders.

    With `data`, the folder of the corpora, speech is cut by the board's own detector.
    """
    runtimes = [find_runtime(setting) for setting in installed_runtimes()]
    reports = _voice(voice, models, runtimes, data)
    first = f"int8, {runtimes[0]}"
    measures: dict[str, dict[str, float]] = {}
    for duration in (key for key in reports[first] if key != "speakers"):
        measures[f"Gender of adults after {duration}, forced"] = {
            way: report[duration]["gender"]["adults"]["forced"]["rate"]
            for way, report in reports.items()
        }
    measures["Age after 3s, mean absolute error in years"] = {
        way: report["3s"]["age"]["all"]["mean_absolute_error"] for way, report in reports.items()
    }
    faces = _face(face, models, runtimes)
    for name, key in (("PSNR in dB", "psnr"), ("SSIM", "ssim")):
        measures[f"Face against the drawn face, {name}"] = {
            way: round(report[key], 4) for way, report in faces.items()
        }
    return EndToEnd(measures, reports[first])


def _voice(
    work: Path, models: Mapping[str, bytes], runtimes: list[Runtime], data: Path | None
) -> dict[str, dict[str, Any]]:
    from convert.reference.voice.as_on_board import as_on_board
    from convert.reference.voice.calibrate import load_calibration
    from convert.reference.voice.evaluate import evaluate
    from convert.reference.voice.network import from_checkpoint
    from convert.reference.voice.prepare import load_speech
    from convert.reference.voice.splits import load_split
    from convert.reference.voice.trials import numpy_networks, trials

    speech, tested = load_speech(work), load_split(work)["test"]
    if data:
        speech = as_on_board(data, [speech.utterances[i] for i in tested])
        tested = list(range(len(tested)))
    people = trials(speech, tested)
    gender, age = load_calibration(work)
    ways = {"float": numpy_networks(from_checkpoint(work / "voice.pt"))}
    for runtime in runtimes:
        ways[f"int8, {runtime}"] = {
            name: _batched(Model(models[name], runtime, name=name))
            for name in ("trunk", "head", "gender", "age")
        }
    return {way: evaluate(people, networks, gender, age) for way, networks in ways.items()}


def _face(
    work: Path, models: Mapping[str, bytes], runtimes: list[Runtime]
) -> dict[str, dict[str, float | int]]:
    from convert.reference.face.cli import HELD_OUT
    from convert.reference.face.evaluate import Decode, evaluate
    from convert.reference.face.network import FaceDecoder
    from convert.reference.face.render_dataset import load_shards

    shards = sorted((work / "faces").glob("shard-????.npz"))[-HELD_OUT:]
    drawn, pictures = load_shards(shards)
    ways: dict[str, Decode] = {"float": FaceDecoder.from_checkpoint(work / "face.pt").decode}
    for runtime in runtimes:
        ways[f"int8, {runtime}"] = _batched(Model(models["face"], runtime, name="face"))
    return {
        way: evaluate(decode, drawn[:FACES], pictures[:FACES]).as_dict()
        for way, decode in ways.items()
    }


def _batched(model: Model) -> Callable[[Floats], Floats]:
    def decode(values: Floats) -> Floats:
        return run(model, np.ascontiguousarray(values, np.float32))

    return decode
