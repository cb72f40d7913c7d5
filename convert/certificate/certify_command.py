"""`s2f-convert certify`: what a bundle's certificate says, and its models again on this machine."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any


def add_command(commands: Any) -> None:
    """Add `certify` to the subparsers of `s2f-convert`."""
    text = "Show what int8 cost, and check a bundle's models again on this machine."
    certify = commands.add_parser("certify", help=text, description=text)
    certify.add_argument("bundle", type=Path, help="folder or zip")
    certify.add_argument("--json", action="store_true", help="as JSON on stdout")
    certify.set_defaults(run=_certify)


def _certify(arguments: argparse.Namespace) -> int:
    from convert.certificate.check import check
    from edge.inference.bundle import load_bundle

    bundle = load_bundle(arguments.bundle)
    stored = json.loads(bundle.contents[bundle.manifest.certificate])
    again = check(bundle)
    if arguments.json:
        sys.stdout.write(json.dumps({"certificate": stored, "checked": again}) + "\n")
        return 0
    _show(stored, again)
    return 0


def _show(stored: dict[str, Any], again: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    held = stored["held_out"]["sounds"]
    table = Table(title=f"Int8 against float on {held} held-out sounds, when the bundle was made")
    names = ("cosine", "centred cosine", "found first", "face PSNR dB", "attributes agree")
    table.add_column("run as")
    for name in names:
        table.add_column(name, justify="right")
    for way, found in stored["ways"].items():
        feature = found["feature"]
        agree = ", ".join(f"{n} {a['agreement']:.1%}" for n, a in found["attributes"].items())
        numbers = (f"{feature[key]:.4f}" for key in ("cosine", "centred_cosine"))
        first = f"{feature['retrieval']['R@1']:.1%}"
        table.add_row(way, *numbers, first, f"{found['face']['psnr_db']:.1f}", agree or "–")
    console.print(table)
    table = Table(title="Checked now: op gate, and the runtimes of this machine on a golden sound")
    for name in ("model", "operators", "runtime", "ms a run"):
        table.add_column(name, justify="right" if name == "ms a run" else "left")
    for name, model in again["models"].items():
        operators = ", ".join(f"{count} {op}" for op, count in model["operators"].items())
        for runtime, ms in model["ms"].items():
            table.add_row(name, operators, runtime, f"{ms:.2f}")
    console.print(table)
    for name, model in again["models"].items():
        if len(model["ms"]) > 1:
            mean, most = model["mean_steps_apart"], model["most_steps_apart"]
            console.print(f"{name}: the runtimes are {mean:.2f} int8 steps apart, at most {most}.")
