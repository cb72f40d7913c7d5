"""What the converted models do from end to end, beside the float ones they were made from.

The same speakers and the same drawn faces, neither of them seen in training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from convert.certificate import run
from convert.export import Floats
from edge.inference.interpreter import Model, Runtime, find_runtime, installed_runtimes

FACES = 200


def end_to_end(voice: Path, face: Path, models: Mapping[str, bytes]) -> dict[str, Any]:
    """Measures by name, each with a value per way of running; `voice` has the whole evaluation.

    `voice` and `face` are the work folders; `models` the int8 files by name.
    """
    runtimes = [find_runtime(setting) for setting in installed_runtimes()]
    return {**_voice(voice, models, runtimes), **_face(face, models, runtimes)}


def _voice(work: Path, models: Mapping[str, bytes], runtimes: list[Runtime]) -> dict[str, Any]:
    from convert.reference.voice.calibrate import load_calibration
    from convert.reference.voice.evaluate import evaluate
    from convert.reference.voice.network import from_checkpoint
    from convert.reference.voice.prepare import load_speech
    from convert.reference.voice.splits import load_split
    from convert.reference.voice.trials import numpy_networks, trials

    people = trials(load_speech(work), load_split(work)["test"])
    gender, age = load_calibration(work)
    ways = {"float": numpy_networks(from_checkpoint(work / "voice.pt"))}
    for runtime in runtimes:
        ways[f"int8, {runtime}"] = {
            name: _batched(Model(models[name], runtime, name=name))
            for name in ("trunk", "head", "gender", "age")
        }
    reports = {way: evaluate(people, networks, gender, age) for way, networks in ways.items()}
    measures: dict[str, Any] = {}
    for seconds in ("1s", "3s", "6s"):
        measures[f"Gender of adults after {seconds}, forced"] = {
            way: report[seconds]["gender"]["adults"]["forced"].get("rate")
            for way, report in reports.items()
        }
    measures["Age after 3s, mean absolute error in years"] = {
        way: report["3s"]["age"]["all"].get("mean_absolute_error")
        for way, report in reports.items()
    }
    return {**measures, "voice": list(reports.values())[-1 if len(runtimes) == 1 else 1]}


def _face(work: Path, models: Mapping[str, bytes], runtimes: list[Runtime]) -> dict[str, Any]:
    from convert.reference.face.cli import HELD_OUT
    from convert.reference.face.evaluate import evaluate
    from convert.reference.face.network import FaceDecoder
    from convert.reference.face.render_dataset import load_shards

    shards = sorted((work / "faces").glob("shard-????.npz"))[-HELD_OUT:]
    parameters, pictures = (array[:FACES] for array in load_shards(shards))
    ways = {"float": FaceDecoder.from_checkpoint(work / "face.pt").decode}
    for runtime in runtimes:
        ways[f"int8, {runtime}"] = _batched(Model(models["face"], runtime, name="face"))
    reports = {
        way: evaluate(decode, parameters, pictures).as_dict() for way, decode in ways.items()
    }
    return {
        "Face against the drawn face, PSNR in dB": {w: r["psnr"] for w, r in reports.items()},
        "Face against the drawn face, SSIM": {w: r["ssim"] for w, r in reports.items()},
    }


def _batched(model: Model) -> Callable[[Floats], Floats]:
    def decode(values: Floats) -> Floats:
        return run(model, np.ascontiguousarray(values, np.float32))

    return decode
