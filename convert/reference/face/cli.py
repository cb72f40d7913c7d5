"""`s2f-convert reference face …`: each stage of the reference face model as a command."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert.reference.stages import add_part
from edge.errors import UsageError

if TYPE_CHECKING:
    from convert.reference.face.evaluate import Decode

HELD_OUT = 3
"""shards, the last ones, that no training sees"""


def add_commands(subparsers: Any) -> None:
    """Add `face` with its stages to the subparsers of `s2f-convert reference`."""
    stage = add_part(
        subparsers,
        "face",
        "draw faces, train and measure the reference face decoder",
        "Stages in their order: render, train, evaluate, tables, sheet.",
    )
    parser = stage("render", _render, "Draw faces with random parameters.")
    parser.add_argument(
        "--head-parts", type=Path, required=True, help="folder with hair (MakeHuman, CC0)"
    )
    parser.add_argument("--faces", type=int, default=10000, help="how many in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    parser = stage("train", _train, "Train the decoder; writes face.pt every minute.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="length of the training")
    stage("evaluate", _evaluate, "Measure on faces held out; writes evaluation.json.")
    stage("tables", _tables, "Write what the recipe needs: parameters and measures.")
    stage("sheet", _sheet, "Write contact sheets of the decoder's faces.")


def _render(arguments: argparse.Namespace) -> int:
    from convert.reference.face.render_dataset import render_dataset

    paths = render_dataset(
        arguments.head_parts,
        arguments.work,
        arguments.faces,
        seed=arguments.seed,
        processes=arguments.processes,
    )
    print(f"{len(paths)} shards of faces in {paths[0].parent}.")
    return 0


def _train(arguments: argparse.Namespace) -> int:
    import torch

    from convert.reference.face.render_dataset import load_shards
    from convert.reference.face.train import stages, train

    torch.set_num_threads(arguments.threads)
    parameters, pictures = load_shards(_shards(arguments.work)[:-HELD_OUT])
    train(parameters, pictures, arguments.work, arguments.seed, stages(arguments.scale))
    print(f"Wrote {arguments.work / 'face.pt'}.")
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    from convert.reference.face import sheets
    from convert.reference.face.evaluate import evaluate
    from convert.reference.face.render_dataset import load_shards

    parameters, pictures = load_shards(_shards(arguments.work)[-HELD_OUT:])
    decode = _decoder(arguments.work)
    report = json.dumps(evaluate(decode, parameters, pictures).as_dict(), indent=2)
    (arguments.work / "evaluation.json").write_text(report)
    sheet = sheets.side_by_side(pictures[:40], decode(parameters[:40]))
    sheets.save(sheet, arguments.work / "sheet-held-out.png")
    print(report)
    return 0


def _tables(arguments: argparse.Namespace) -> int:
    from convert.reference.face.tables import write_tables

    for path in write_tables(_shards(arguments.work), arguments.work):
        print(f"Wrote {path}.")
    return 0


def _sheet(arguments: argparse.Namespace) -> int:
    from convert.reference.face import sheets

    decode = _decoder(arguments.work)
    for name in ("demographics", "expressions", "sliders"):
        path = arguments.work / f"sheet-{name}.png"
        sheets.save(sheets.draw(getattr(sheets, name)(), decode), path)
        print(f"Wrote {path}.")
    return 0


def _shards(work: Path) -> list[Path]:
    paths = sorted((work / "faces").glob("shard-????.npz"))
    if len(paths) <= HELD_OUT:
        raise UsageError(
            f"{work} holds {len(paths)} shards of faces, too few. Run the stage 'render' first."
        )
    return paths


def _decoder(work: Path) -> Decode:
    from convert.reference.face.network import FaceDecoder

    return FaceDecoder.from_checkpoint(work / "face.pt").decode
