"""`s2f-convert families [FILE]`: the families, or what a file looks like and why."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.errors import EdgeError

if TYPE_CHECKING:
    from convert.checkpoints.checkpoint import Checkpoint
    from convert.families.family import Role

_STATISTICS = ("running_mean", "running_var", "num_batches_tracked", "mean", "variance")
"""last words of names that hold what was measured in training, not what was learnt"""


def add_command(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    text = "List the families of checkpoints, or say what a file looks like, and why."
    parser = commands.add_parser("families", help=text, description=text)
    parser.add_argument("file", type=Path, nargs="?", help="checkpoint; ends with 1 if none fits")
    parser.add_argument("--json", action="store_true", help="as JSON on stdout")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the list, or what `arguments.file` looks like. Returns the exit code."""
    if arguments.file is None:
        summaries = _summaries()
        lines = [f"{name:12} {summary}" for name, summary in summaries.items()]
        sys.stdout.write((json.dumps(summaries) if arguments.json else "\n".join(lines)) + "\n")
        return 0
    from convert.checkpoints.reader import read_checkpoint

    found = describe(read_checkpoint(arguments.file))
    sys.stdout.write((json.dumps(found) if arguments.json else "\n".join(_lines(found))) + "\n")
    return 0 if found["looks_like"] else 1


def describe(checkpoint: Checkpoint) -> dict[str, Any]:
    """What a checkpoint holds and looks like, in JSON's types."""
    from convert.families.registry import recognise

    recognised = recognise(checkpoint)
    return {
        "file": str(checkpoint.path),
        "kind": checkpoint.kind,
        "sha256": checkpoint.sha256,
        "wrapping": list(checkpoint.wrapping),
        "tensors": len(checkpoint.tensors),
        "parameters": sum(
            array.size for name, array in checkpoint.tensors.items() if not _is_statistic(name)
        ),
        "looks_like": [
            {
                "family": each.family,
                "role": each.match.role,
                "reason": each.match.reason,
                **_tried(checkpoint, each.family, each.match.role),
            }
            for each in recognised
        ],
        "nearest": None if recognised else _nearest(checkpoint),
    }


def _summaries() -> dict[str, str]:
    from convert.families.registry import FAMILIES, family

    return {name: family(name).SUMMARY for name in FAMILIES}


def _is_statistic(name: str) -> bool:
    return name.rpartition("/")[2].rpartition(".")[2].removeprefix("moving_") in _STATISTICS


def _tried(checkpoint: Checkpoint, name: str, role: Role) -> dict[str, Any]:
    """The front end, and what is wrong if the family does not take the file after all."""
    from convert.families.registry import family
    from convert.recipe import FaceRecipe, VoiceRecipe

    path = str(checkpoint.path)
    try:
        if role == "face":
            family(name).face(checkpoint, FaceRecipe(checkpoint=path))
        elif role == "voice":
            encoder = family(name).voice(checkpoint, VoiceRecipe(checkpoint=path))
            front_end = encoder.front_end
            return {
                "front_end": front_end.name,
                "front_end_parameters": dict(front_end.parameters),
                "frames": encoder.frames,
                "step_frames": encoder.step_frames,
                "problem": None,
            }
    except EdgeError as error:
        return {"problem": str(error)}
    return {"problem": None}


def _nearest(checkpoint: Checkpoint) -> dict[str, Any] | None:
    """The published network that shares most tensors with the file, and what differs."""
    from convert.checkpoints.differences import differences
    from convert.families.registry import FAMILIES, family

    got = {name: array.shape for name, array in checkpoint.tensors.items()}
    candidates = [
        (differences(expected, got), name, what)
        for name in FAMILIES
        for what, expected in getattr(family(name), "layouts", dict)().items()
    ]
    if not candidates:
        return None
    found, name, what = max(candidates, key=lambda candidate: candidate[0].likeness)
    if not found.likeness:
        return None
    return {
        "family": name,
        "network": what,
        "likeness": round(found.likeness, 3),
        "differences": found.sentences(),
    }


def _lines(found: dict[str, Any]) -> list[str]:
    taken_off = ", ".join(f"`{each}`" for each in found["wrapping"])
    holds = f", {found['tensors']} tensors, {found['parameters']:,} parameters"
    lines = [f"{found['file']}: {found['kind']}{holds if found['tensors'] else ''}."]
    if taken_off:
        lines.append(f"Taken off to reach the weights: {taken_off}.")
    for each in found["looks_like"]:
        lines.append(f"{each['family']}, {each['role']}: {each['reason']}.")
        if "front_end" in each:
            lines.append(
                f"  front end {each['front_end']}, windows of {each['frames']} frames, one every "
                f"{each['step_frames']}"
            )
        if each["problem"]:
            lines.append(f"  but: {each['problem']}")
    if not found["looks_like"]:
        lines.append("It looks like no family that is known here.")
        if nearest := found["nearest"]:
            lines.append(
                f"Nearest: {nearest['family']}, {nearest['network']}. {nearest['differences']}"
            )
    return lines
