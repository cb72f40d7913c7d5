"""`python -m convert`, `s2f-convert`: errors as one sentence and an exit code."""

from __future__ import annotations

import sys

from convert.cli import run
from edge.errors import EdgeError


def main() -> int:
    """Run the command line. Returns the exit code: 0, or the one of the error."""
    try:
        return run(sys.argv[1:])
    except EdgeError as error:
        sys.stderr.write(f"s2f-convert: {error}\n")
        return error.exit_code
    except ModuleNotFoundError as error:
        sys.stderr.write(
            f"s2f-convert: the package {error.name} is not installed. "
            "Run `pip install 'speech2face-edge[convert]'` with Python 3.11 "
            "(`[train]` instead of `[convert]` to train).\n"
        )
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
