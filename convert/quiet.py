"""Keep the converters' chatter out of the terminal, and show it when something fails."""

from __future__ import annotations

import errno
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from convert.errors import ConvertError

TAIL_LINES = 12
NO_SPACE = os.strerror(errno.ENOSPC)
NOISE = re.compile(r"[IWE]\d{4} |WARNING: All log messages before absl")
"""what TensorFlow writes whenever it starts"""


@contextmanager
def quiet(step: str) -> Iterator[None]:
    """Whatever Python or C++ writes to stdout and stderr inside is kept back.

    Raises ConvertError with the end of it when the step fails. SystemExit counts as failure:
    onnx2tf ends the program where it meets something that it does not know.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        saved = os.dup(1), os.dup(2)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            # Python's own streams may be others than 1 and 2, as in a notebook
            with redirect_stdout(log), redirect_stderr(log):
                yield
        except ConvertError:
            raise
        except (Exception, SystemExit) as error:
            sys.stdout.flush()
            sys.stderr.flush()
            log.seek(0)
            raise ConvertError(_sentence(step, error, log.readlines())) from error
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(saved[0], 1)
            os.dup2(saved[1], 2)
            os.close(saved[0])
            os.close(saved[1])


def _sentence(step: str, error: BaseException, lines: list[str]) -> str:
    """What failed, with the end of what was written; a full disk in words of its own."""
    if NO_SPACE in str(error):
        return (
            f"{step} failed: there is no space left on the disk. Free some, and run the same "
            "command again: it continues where it was."
        )
    tail = "".join([line for line in lines if not NOISE.match(line)][-TAIL_LINES:])
    return f"{step} failed. {type(error).__name__}: {error}\n{tail}".strip()
