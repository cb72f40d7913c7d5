"""`s2f-convert build` and `s2f-convert recipe`."""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge.inference.manifest import Manifest

TARGETS = ("cpu", "coral", "jetson")


def add_command(commands: Any) -> None:
    """Add `build` and `recipe` to the subparsers of `s2f-convert`."""
    text = "Build a verified int8 bundle from trained checkpoints, as a recipe says."
    build = commands.add_parser("build", help=text, description=text)
    build.add_argument("recipe", type=Path, help="TOML file; convert/recipes has examples")
    build.add_argument("--out", type=Path, required=True, help="folder of the bundle, replaced")
    build.add_argument(
        "--target",
        choices=TARGETS,
        action="append",
        help="may be given several times; the float work is done once (default: cpu)",
    )
    build.add_argument(
        "--without",
        default="",
        metavar="NAMES",
        help="attributes that the bundle must not have, e.g. ethnicity,age",
    )
    build.add_argument(
        "--sounds",
        type=Path,
        nargs=2,
        metavar=("CALIBRATION", "HELD_OUT"),
        help="folders of speech instead of those that the recipe names",
    )
    build.add_argument(
        "--min-cosine", type=_share, default=0.98, help="of the face features to float, else fail"
    )
    build.add_argument(
        "--min-agreement", type=_share, default=0.95, help="of each attribute, else fail"
    )
    build.set_defaults(run=_build)

    text = "Print the JSON schema of recipes, or check one."
    recipe = commands.add_parser("recipe", help=text, description=text)
    actions = recipe.add_subparsers(required=True, metavar="ACTION")
    schema = actions.add_parser("schema", help="print the JSON schema of recipes")
    schema.set_defaults(run=_schema)
    check = actions.add_parser("check", help="check a recipe, and that its files are there")
    check.add_argument("file", type=Path)
    check.set_defaults(run=_check)


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def _build(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from convert.build import Order, build
    from convert.certificate.certificate import Limits

    order = Order(
        recipe=arguments.recipe,
        out=arguments.out,
        targets=tuple(dict.fromkeys(arguments.target or ("cpu",))),
        without=frozenset(name.strip() for name in arguments.without.split(",") if name.strip()),
        limits=Limits(arguments.min_cosine, arguments.min_agreement),
        sounds=(str(arguments.sounds[0]), str(arguments.sounds[1])) if arguments.sounds else None,
    )
    started = time.monotonic()
    console = Console(file=sys.stderr)
    with console.status("Starting") as status:

        def show(step: str) -> None:
            status.update(step)
            console.print(step)

        manifest = build(order, show)
    sys.stdout.write("\n".join(_summary(arguments.out, manifest, started)) + "\n")
    return 0


def _summary(out: Path, manifest: Manifest, started: float) -> Sequence[str]:
    """What `build` says at the end; `started`: when, on the monotonic clock."""
    total = sum(file.bytes for file in manifest.files.values())
    measured = json.loads((out / manifest.certificate).read_text())
    lines = [f"{out}: {manifest.name} {manifest.version}, {total:,} bytes."]
    for way, found in measured["ways"].items():
        agree = ", ".join(f"{n} {a['agreement']:.1%}" for n, a in found["attributes"].items())
        lines.append(
            f"{way}: cosine {found['feature']['cosine']:.4f}, face {found['face']['psnr_db']} dB"
            + (f", agreement: {agree}." if agree else ".")
        )
    seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    lines.append(f"Built in {seconds / 60:.1f} minutes with at most {peak:.1f} GB of memory.")
    lines.append(f"The certificate is in {out / 'certificate.html'}, latencies in {out}.report.")
    return lines


def _schema(_arguments: argparse.Namespace) -> int:
    from convert.recipe import schema

    sys.stdout.write(json.dumps(schema(), indent=2) + "\n")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from convert.recipe import load_recipe, named_files
    from convert.sounds import find_sounds
    from edge.errors import UsageError

    recipe = load_recipe(arguments.file)
    missing = [name for name in named_files(recipe) if not Path(name).exists()]
    if missing:
        raise UsageError(f"{arguments.file} names files that are not there: {', '.join(missing)}.")
    for patterns in (recipe.sounds.calibration, recipe.sounds.held_out):
        find_sounds(patterns)
    sys.stdout.write(f"{arguments.file}: all keys are known, all files are there.\n")
    return 0
