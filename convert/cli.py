"""The commands of `s2f-convert`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from convert.reference.face.cli import add_commands as add_face
from convert.reference.voice.cli import add_commands as add_voice
from edge.errors import BundleError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

NEEDED = (3, 11)
"""the Python that TensorFlow 2.19, onnx2tf 1.29 and tflite-runtime 2.14 share"""


def run(arguments: Sequence[str]) -> int:
    """Parse and run. Returns the exit code; raises EdgeError."""
    if sys.version_info[:2] != NEEDED and not {"-h", "--help"} & set(arguments):
        raise UsageError(
            f"Converting needs Python {'.'.join(map(str, NEEDED))}; this is "
            f"{sys.version_info[0]}.{sys.version_info[1]}. Run "
            "`pip install 'speech2face-edge[convert]'` with Python 3.11."
        )
    parsed = _parser().parse_args(arguments)
    return int(parsed.run(parsed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="s2f-convert", description="Make and check bundles of models, on a PC."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    reference = commands.add_parser(
        "reference",
        help="train, measure and build the reference bundle",
        description="The bundle that ships with speech2face-edge.",
    )
    parts = reference.add_subparsers(required=True, metavar="PART")
    add_voice(parts)
    add_face(parts)
    text = "Build the bundle from trained networks; loads it again as the board does."
    build = parts.add_parser("build", help=text, description=text)
    build.add_argument("--voice", type=Path, required=True, help="work folder of the voice")
    build.add_argument("--face", type=Path, required=True, help="work folder of the face")
    build.add_argument("--out", type=Path, required=True, help="folder of the bundle, replaced")
    build.add_argument(
        "--data",
        type=Path,
        help="folder of the corpora: cut the test speech by the board's detector (slower)",
    )
    build.set_defaults(run=_build)

    text = "Draw the faces of twenty test speakers, ten women and ten men, on one sheet."
    gallery = parts.add_parser("gallery", help=text, description=text)
    gallery.add_argument("--work", type=Path, required=True, help="work folder of the voice")
    gallery.add_argument("--data", type=Path, required=True, help="folder of the corpora")
    gallery.add_argument("--out", type=Path, default=Path("gallery.png"), help="PNG file")
    gallery.add_argument("--seed", type=int, default=0, help="of the lots that are drawn")
    gallery.set_defaults(run=_gallery)

    text = "Show what int8 cost, and check the models again on this machine."
    certify = commands.add_parser("certify", help=text, description=text)
    certify.add_argument("bundle", type=Path, help="folder or zip")
    certify.add_argument("--json", action="store_true", help="as JSON on stdout")
    certify.set_defaults(run=_certify)

    text = "Say whether boards can run a model, and if not why; ends with 1 when refused."
    gate = commands.add_parser("gate", help=text, description=text)
    gate.add_argument("model", type=Path, help=".tflite file")
    gate.set_defaults(run=_gate)
    return parser


def _build(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from convert.reference.build import build
    from convert.reference.end_to_end import EndToEnd, end_to_end
    from convert.reference.ingredients import read_ingredients

    def on_unseen(models: Mapping[str, bytes]) -> EndToEnd:
        return end_to_end(arguments.voice, arguments.face, models, arguments.data)

    console = Console()
    ingredients = read_ingredients(arguments.voice, arguments.face)
    with console.status("Reading the checkpoints") as status:

        def show(step: str) -> None:
            status.update(step)
            console.print(step)

        manifest = build(ingredients, arguments.out, on_unseen, show)
    total = sum(file.bytes for file in manifest.files.values())
    console.print(f"{arguments.out}: {len(manifest.files)} files, {total:,} bytes.")
    return 0


def _gallery(arguments: argparse.Namespace) -> int:
    from convert.reference.gallery import gallery

    words = gallery(arguments.work, arguments.data, arguments.out, arguments.seed)
    sys.stdout.write(words + "\n")
    return 0


def _certify(arguments: argparse.Namespace) -> int:
    from convert.check import check
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
    table = Table(title="Int8 against float, measured when the bundle was made")
    for name in ("model", "bytes", "million MAC", "runtime", "cosine", "SNR dB", "PSNR dB"):
        table.add_column(name, justify="left" if name in ("model", "runtime") else "right")
    for name, model in stored["models"].items():
        for runtime, loss in model["runtimes"].items():
            size, macs = f"{model['bytes']:,}", f"{model['macs'] / 1e6:.2f}"
            numbers = (f"{loss[key]:.4g}" for key in ("cosine", "snr_db", "psnr_db"))
            table.add_row(name, size, macs, runtime, *numbers)
    console.print(table)
    for measure, ways in stored.get("end_to_end", {}).items():
        values = "; ".join(f"{way}: {value:.4g}" for way, value in ways.items())
        console.print(f"{measure}. {values}")
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


def _gate(arguments: argparse.Namespace) -> int:
    from convert.op_gate import inspect

    try:
        content = arguments.model.read_bytes()
    except OSError as error:
        raise BundleError(f"{arguments.model} cannot be read: {error.strerror}.") from error
    report = inspect(content)
    lines = [f"{count:4d}  {name}" for name, count in report.graph.counts.items()]
    lines += [f"{report.graph.macs / 1e6:.2f} million multiplications."]
    lines += [f"refused: {refusal}" for refusal in report.refusals]
    lines += ["Boards can run it." if report.passed else "Boards cannot run it."]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if report.passed else 1
