"""`s2f-convert reference voice …`: each stage of the reference voice model as a command."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from convert.reference.stages import add_part
from edge.errors import UsageError


def add_commands(subparsers: Any) -> None:
    """Add `voice` with its stages to the subparsers of `s2f-convert reference`."""
    stage = add_part(
        subparsers,
        "voice",
        "train and measure the reference voice model",
        "Stages in their order: prepare, teach, train, calibrate, evaluate.",
    )
    parser = stage("prepare", _prepare, "Decode the corpora and keep the speech.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpora")
    parser.add_argument("--processes", type=int, default=2)
    parser = stage("teach", _teach, "Compute the teacher's embeddings, and split by speaker.")
    parser.add_argument("--processes", type=int, default=2)
    parser = stage("train", _train, "Train the network; writes voice.pt every two minutes.")
    parser.add_argument("--steps", type=int, default=6000, help="how many in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--resume", action="store_true", help="go on from training.pt")
    parser.add_argument(
        "--bfloat16", action="store_true", help="mixed precision, for processors that have it"
    )
    stage("calibrate", _calibrate, "Fit temperatures and thresholds; writes calibration.json.")
    parser = stage("evaluate", _evaluate, "Measure on the test speakers; writes evaluation.json.")
    parser.add_argument(
        "--data",
        type=Path,
        help="folder of the corpora: cut them by the board's speech detector (slower)",
    )
    parser.add_argument(
        "--bundle", type=Path, help="measure this bundle's int8 networks instead of the float ones"
    )
    stage("examples", _examples, "Write what the recipe needs: embeddings of the speakers.")
    stage("tract", _tract, "Measure vocal tracts by class of speaker; writes tract.json.")


def _prepare(arguments: argparse.Namespace) -> int:
    from convert.reference.voice.prepare import SAMPLE_RATE, prepare

    speech = prepare(arguments.data, arguments.work, arguments.processes)
    minutes = len(speech.samples) / SAMPLE_RATE / 60
    _say(f"{len(speech.utterances)} utterances, {minutes:.0f} minutes of speech.")
    return 0


def _teach(arguments: argparse.Namespace) -> int:
    from convert.reference.voice.prepare import load_speech
    from convert.reference.voice.splits import save_split, split
    from convert.reference.voice.teacher import teach

    _require(arguments.work, "prepare")
    embeddings = teach(arguments.work, arguments.processes)
    parts = split(load_speech(arguments.work).utterances, embeddings)
    save_split(parts, arguments.work)
    _say(", ".join(f"{len(indices)} utterances for {part}" for part, indices in parts.items()))
    return 0


def _train(arguments: argparse.Namespace) -> int:
    from convert.reference.voice.train import train

    _require(arguments.work, "prepare", "teach")
    path = train(
        arguments.work,
        steps=arguments.steps,
        seed=arguments.seed,
        resume=arguments.resume,
        threads=arguments.threads,
        bfloat16=arguments.bfloat16,
    )
    _say(f"Wrote {path}.")
    return 0


def _calibrate(arguments: argparse.Namespace) -> int:
    from convert.reference.voice.calibrate import calibrate, save_calibration
    from convert.reference.voice.trials import trials

    speech, parts, networks = _load(arguments.work)
    gender, age = calibrate(trials(speech, parts["calibration"], by_speaker=False), networks)
    save_calibration(gender, age, arguments.work)
    _say(f"{gender}\n{age}")
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    from convert.reference.voice.as_on_board import as_on_board
    from convert.reference.voice.calibrate import load_calibration
    from convert.reference.voice.evaluate import evaluate
    from convert.reference.voice.int8 import int8_networks
    from convert.reference.voice.trials import trials

    speech, parts, networks = _load(arguments.work)
    gender, age = load_calibration(arguments.work)
    tested = parts["test"]
    if arguments.data:
        speech = as_on_board(arguments.data, [speech.utterances[i] for i in tested])
        tested = list(range(len(tested)))
    called = "float networks"
    if arguments.bundle:
        networks, called = int8_networks(arguments.bundle)
    report = evaluate(trials(speech, tested), networks, gender, age, called)
    text = json.dumps(report, indent=2)
    (arguments.work / "evaluation.json").write_text(text)
    _say(text)
    return 0


def _examples(arguments: argparse.Namespace) -> int:
    from convert.reference.voice.examples import write_examples

    speech, parts, networks = _load(arguments.work)
    write_examples(speech, parts, networks, arguments.work)
    _say(f"Wrote embeddings.npz into {arguments.work}.")
    return 0


def _tract(arguments: argparse.Namespace) -> int:
    from convert.reference.voice.prepare import load_speech
    from convert.reference.voice.tract import measure_tracts

    _require(arguments.work, "prepare")
    text = json.dumps(measure_tracts(load_speech(arguments.work)), indent=2)
    (arguments.work / "tract.json").write_text(text)
    _say(text)
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


MADE = {"prepare": "utterances.json", "teach": "split.json", "train": "voice.pt"}
"""stage → a file by which one sees that it was run"""


def _require(work: Path, *stages: str) -> None:
    for stage in stages:
        if not (work / MADE[stage]).is_file():
            raise UsageError(f"There is no {MADE[stage]} in {work}. Run the stage '{stage}' first.")


def _load(work: Path) -> tuple[Any, dict[str, list[int]], Any]:
    """The speech, its split and the trained networks. Raises UsageError where one is missing."""
    from convert.reference.voice.network import from_checkpoint
    from convert.reference.voice.prepare import load_speech
    from convert.reference.voice.splits import load_split
    from convert.reference.voice.trials import numpy_networks

    _require(work, "prepare", "teach", "train")
    return load_speech(work), load_split(work), numpy_networks(from_checkpoint(work / "voice.pt"))
