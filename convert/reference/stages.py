"""A part of the reference bundle as a command: `s2f-convert reference PART STAGE`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[[argparse.Namespace], int]
AddStage = Callable[[str, Run, str], argparse.ArgumentParser]
"""name, what it does, and the same in words → its parser"""


def add_part(subparsers: Any, name: str, text: str, description: str) -> AddStage:
    """Add a part, and return what adds a stage to it.

    Every stage works in the folder `--work`, and sets `run`, a function of the parsed arguments
    that returns the exit status.
    """
    part = subparsers.add_parser(name, help=text, description=description)
    stages = part.add_subparsers(dest="stage", required=True, metavar="STAGE")

    def stage(name: str, run: Run, text: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = stages.add_parser(name, help=text, description=text)
        parser.add_argument(
            "--work", type=Path, required=True, help="folder for everything that is made"
        )
        parser.set_defaults(run=run)
        return parser

    return stage
