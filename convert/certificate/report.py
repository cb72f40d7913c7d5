"""What is made beside a bundle: the certificate with this machine's latencies, ONNX for other
runtimes, and the log of the Edge TPU compiler."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from convert.certificate.latency import latencies
from convert.certificate.page import page
from convert.conversion import Converted
from convert.errors import ConvertError
from convert.nets.net import Floats, Net
from convert.writing import json_bytes
from edge.inference.manifest import Target

Pictures = Sequence[tuple[Floats, Floats]]


def report_folder(out: Path) -> Path:
    """Where the report of the bundle `out` lies."""
    return out.with_name(f"{out.name}.report")


def write_report(
    out: Path,
    targets: Sequence[Target],
    measured: Mapping[str, Any],
    pictures: Pictures,
    converted: Mapping[str, Converted],
    nets: Mapping[str, Net],
) -> list[str]:
    """Write the folder `<out>.report`, replacing what is there. Returns a sentence for each ONNX
    file that could not be made. Raises ConvertError."""
    folder, missing = report_folder(out), []
    pairs = {role: (network.in_float, network.first) for role, network in converted.items()}
    speeds = latencies(pairs)
    whole = {
        **measured,
        "latency": [
            {
                "role": speed.role,
                "runtime": speed.runtime,
                "threads": 1,
                "float_ms": round(speed.float_ms, 4),
                "int8_ms": round(speed.int8_ms, 4),
                "times_faster": round(speed.ratio, 3),
            }
            for speed in speeds
        ],
    }
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "certificate.json").write_bytes(json_bytes(whole))
        (folder / "certificate.html").write_text(page(whole, pictures), encoding="utf-8")
        if "jetson" in targets:
            (folder / "onnx").mkdir()
            for role, net in nets.items():
                try:
                    net.save_onnx(folder / "onnx" / f"{role}.onnx")
                except ConvertError as error:
                    missing.append(f"There is no ONNX file of the {role}. {error}")
        for role, network in converted.items():
            if network.compiled:
                (folder / f"{role}-edgetpu.log").write_text(network.compiled.log)
    except OSError as error:
        raise ConvertError(
            f"The report {folder} cannot be written: {error.strerror}. The bundle {out} is whole."
        ) from error
    return missing
