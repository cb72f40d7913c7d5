"""The commands of `s2f-convert`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from convert import build_command, families_command
from convert.certificate import certify_command
from convert.evaluate import command as evaluate_command
from convert.gate import check_command
from convert.reference import command as reference_command
from edge.errors import UsageError

NEEDED = (3, 11)
"""the Python that TensorFlow 2.19, onnx2tf 1.29 and tflite-runtime 2.14 share"""

COMMANDS = (
    build_command,
    families_command,
    check_command,
    certify_command,
    evaluate_command,
    reference_command,
)


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
        prog="s2f-convert", description="Trained models to verified bundles, on a PC."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_command(commands)
    return parser
