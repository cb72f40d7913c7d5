"""The command `s2f-edge`. Errors are one sentence on stderr and an exit code."""

from __future__ import annotations

import os
import sys

from edge.errors import EdgeError


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0, 2 usage, 3 sound, 4 bundle, 5 device."""
    try:
        from edge.cli import run  # takes a moment, in which Ctrl-C may come

        code = run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
    except EdgeError as error:
        print(f"s2f-edge: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _drop_output()  # the reader of our output left; nobody is there to be told
        return 141
    except OSError as error:
        _drop_output()
        where = f" ({error.filename})" if error.filename else ""
        print(f"s2f-edge: The system refused: {error.strerror or error}{where}.", file=sys.stderr)
        return 5
    return code


def _drop_output() -> None:
    """Send what stdout still holds nowhere, so that the interpreter's end does not complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
