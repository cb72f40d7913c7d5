"""The Edge TPU compiler, where it is installed: its model, its log, and the numbers in it.

It cannot be had from the registries, so nothing here may need it: without it a model "passes the
Edge TPU op gate", and is never called compiled.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from convert.errors import ConvertError
from convert.gate.graph import read_graph

PROGRAM = "edgetpu_compiler"
LIMIT_S = 300.0
"""seconds; the compiler gives up by itself after 180"""
MOST_LOG, MOST_MODEL = 2**20, 2**30
"""bytes that are read of what the compiler writes"""
TAIL_LINES = 6
UNITS = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


@dataclass(frozen=True)
class Compiled:
    """What the compiler made of a model."""

    content: bytes
    """the compiled `.tflite` file"""
    log: str
    """what the compiler wrote: a line per kind of operator with its status"""
    mapped: int
    """operators that run on the Edge TPU"""
    unmapped: int
    """operators that run on the CPU"""
    on_chip: int
    """bytes of weights that stay on the chip"""
    on_chip_left: int
    """bytes on the chip that other models could use"""
    off_chip: int
    """bytes of weights that the host sends at every run"""


def compile_for_edgetpu(content: bytes, name: str, limit_s: float = LIMIT_S) -> Compiled | None:
    """Compile a model that passed the op gate; None where no compiler is on the PATH.

    Raises ConvertError with the end of the log when the compiler fails, takes more than `limit_s`
    seconds, or writes what is no compiled model.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        return None
    with tempfile.TemporaryDirectory(prefix="s2f-edgetpu-") as place:
        folder = Path(place)
        (folder / "model.tflite").write_bytes(content)
        log = _run([program, "-s", "-o", os.fspath(folder), "model.tflite"], folder, name, limit_s)
        compiled = _read(folder / "model_edgetpu.tflite", name, log)
    return Compiled(compiled, log, *_operators(name, log), *_memory(name, log))


def _run(command: list[str], folder: Path, name: str, limit_s: float) -> str:
    """The log of a run that succeeded."""
    with (folder / "output.log").open("w+b") as output:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise ConvertError(f"{PROGRAM} cannot be started: {error.strerror}.") from error
        try:
            code = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(process)
        output.seek(0)
        log = output.read(MOST_LOG).decode(errors="replace")
    if code is None:
        raise _failed(name, f"took longer than {limit_s:.0f} s and was stopped", log)
    if code:
        raise _failed(name, f"ended with code {code}", log)
    return log


def _end(process: subprocess.Popen[bytes]) -> None:
    """The compiler works in child processes; none may outlive it."""
    with suppress(ProcessLookupError):  # the usual case: all have ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read(path: Path, name: str, log: str) -> bytes:
    """The compiled model."""
    try:
        if not path.is_file() or path.stat().st_size > MOST_MODEL:
            raise _failed(name, "wrote no model", log)
        content = path.read_bytes()
        read_graph(content)
    except OSError as error:
        raise _failed(name, f"wrote a model that cannot be read ({error.strerror})", log) from error
    except ConvertError as error:
        if str(error).startswith(PROGRAM):
            raise
        raise _failed(name, "wrote something that is no model", log) from error
    return content


def _operators(name: str, log: str) -> tuple[int, int]:
    """Operators on the Edge TPU and on the CPU. The two lines are missing when all are mapped."""
    total = _number(r"Total number of operations:\s*(\d+)", log)
    mapped = _number(r"operations that will run on Edge TPU:\s*(\d+)", log)
    unmapped = _number(r"operations that will run on CPU:\s*(\d+)", log)
    if total is None:
        raise _failed(name, "wrote a log without the number of operations", log)
    unmapped = unmapped or 0
    return (total - unmapped if mapped is None else mapped), unmapped


def _memory(name: str, log: str) -> tuple[int, int, int]:
    """Bytes on the chip, left on the chip, and off the chip."""
    sizes = [
        re.search(rf"{words}[^:\n]*:\s*([\d.]+)([KMG]i|)B", log)
        for words in ("On-chip memory used", "On-chip memory remaining", "Off-chip memory used")
    ]
    try:
        used, left, off = (round(float(found[1]) * UNITS[found[2]]) for found in sizes if found)
    except ValueError as error:
        raise _failed(name, "wrote a log without its use of memory", log) from error
    return used, left, off


def _number(pattern: str, log: str) -> int | None:
    found = re.search(pattern, log)
    return int(found[1]) if found else None


def _failed(name: str, what: str, log: str) -> ConvertError:
    lines = [line for line in map(_printable, log.splitlines()) if line]
    end = "\n".join(lines[-TAIL_LINES:])[-2000:]
    return ConvertError(f"{PROGRAM} {what} on the {name}.\n{end}".rstrip())


def _printable(line: str) -> str:
    return "".join(letter for letter in line if letter.isprintable()).strip()
