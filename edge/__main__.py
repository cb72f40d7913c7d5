"""The command `s2f-edge`. Errors are one sentence on stderr and an exit code."""

from __future__ import annotations

import os
import sys

from edge.errors import EdgeError


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0, 2 usage, 3 sound, 4 bundle, 5 device."""
    from edge.cli import run

    try:
        return run(sys.argv[1:] if arguments is None else arguments)
    except EdgeError as error:
        print(f"s2f-edge: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # the reader of our output left; nothing to say, and nobody to say it to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


if __name__ == "__main__":
    sys.exit(main())
