"""The certificate as a page to look at: self-contained HTML with drawn plots, no script."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from convert.nets.net import Floats
from convert.page.bars import bars
from convert.page.document import document, figure, heading, paragraph, row, tiles
from convert.page.mark import Mark
from convert.page.table import table

PART_NAMES = {"trunk": "trunk's vectors", "pooled": "pooled vector", "feature": "face feature"}
DIFFERENCE_GAIN = 8
SIDE = 128
"""pixels of a picture on the page"""


def page(measured: Mapping[str, Any], pictures: Sequence[tuple[Floats, Floats]]) -> str:
    """The page for a certificate as `convert.certificate.certificate` makes it.

    `pictures` are pairs of faces `(size, size, 3)` in float and in int8."""
    held, first = measured["held_out"], next(iter(measured["ways"].values()))
    body = [
        paragraph(
            f"Measured on {held['sounds']} held-out sounds ({held['windows']} windows) that the "
            "quantizer did not see. The bundle was run twice by the board's own code: with its "
            "int8 files, and with the same graphs in float."
        ),
        tiles(_tiles(first, measured["limits"])),
        _ways(measured["ways"]),
        heading("Faces: float, int8, and their difference"),
        paragraph(f"Differences are drawn {DIFFERENCE_GAIN} times as strong.", "small"),
        row(_faces(*pair) for pair in pictures),
        heading("Where an error enters"),
        paragraph(
            "Float steps: the largest difference from the step before, as a share of the largest "
            "output. Above 1e-4 the build stops."
        ),
        _steps(measured["steps"]),
        paragraph("Int8: signal to noise after each part of the voice encoder."),
        row(_parts(name, way) for name, way in measured["ways"].items()),
    ]
    if any(way["attributes"] for way in measured["ways"].values()):
        body += [heading("Attributes"), _attributes(measured["ways"])]
    body += [heading("Files"), _models(measured["models"])]
    if measured.get("latency"):
        body += [heading("Latency on the machine that built it"), _latency(measured["latency"])]
    if held["unusable"]:
        body.append(paragraph(f"{held['unusable']} more sounds could not be used.", "warn"))
    return document("What int8 costs against float", body)


def _tiles(way: Mapping[str, Any], limits: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    feature, face = way["feature"], way["face"]
    found = feature["retrieval"]["R@1"]
    items = [
        ("cosine of the face feature", f"{feature['cosine']:.4f}", f"limit {limits['cosine']}"),
        ("centred cosine", f"{feature['centred_cosine']:.4f}", "less what all sounds share"),
        ("same sound found first", f"{found:.1%}", "R@1 among the held-out sounds"),
        ("face PSNR", f"{face['psnr_db']:.1f} dB", f"SSIM {face['ssim']:.4f}"),
    ]
    if way["attributes"]:
        worst = min(way["attributes"].values(), key=lambda a: float(a["agreement"]))
        note = f"limit {limits['agreement']:.0%}"
        items.append(("attributes agree", f"{worst['agreement']:.1%}", note))
    return items


def _ways(ways: Mapping[str, Any]) -> str:
    drift = any("landmark_drift_px" in way["face"] for way in ways.values())
    head = (
        "run as", "cosine", "lowest", "centred", "L1", "L2", "R@1", "R@5", "R@10", "PSNR dB",
        "lowest", "SSIM", *(["points px"] if drift else []),
    )  # fmt: skip
    rows = []
    for name, way in ways.items():
        feature, face = way["feature"], way["face"]
        rows.append(
            (
                name,
                *(f"{feature[k]:.4f}" for k in ("cosine", "lowest_cosine", "centred_cosine")),
                *(f"{feature[k]:.3g}" for k in ("l1", "l2")),
                *(f"{share:.1%}" for share in feature["retrieval"].values()),
                f"{face['psnr_db']:.1f}",
                f"{face['lowest_psnr_db']:.1f}",
                f"{face['ssim']:.4f}",
                *([f"{face['landmark_drift_px']:.2f}"] if drift else []),
            )
        )
    return table(head, rows)


def _steps(steps: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    rows = [
        (role, step["name"], f"{step['error']:.1e}")
        for role, each in steps.items()
        for step in each
    ]
    return table(("network", "step", "error"), rows)


def _parts(name: str, way: Mapping[str, Any]) -> str:
    marks = [
        Mark(words, max(way[part]["snr_db"], 0.0), note="dB") for part, words in PART_NAMES.items()
    ]
    return figure(name, bars(marks, f"Signal to noise, {name}", lambda value: f"{value:.1f}"))


def _attributes(ways: Mapping[str, Any]) -> str:
    rows = [
        (
            attribute,
            name,
            f"{found['agreement']:.1%}",
            f"{found['same_answer']:.1%}",
            f"{found['apart']:.3g}",
        )
        for name, way in ways.items()
        for attribute, found in way["attributes"].items()
    ]
    head = ("attribute", "run as", "agree", "same answer or abstention", "mean difference")
    return table(head, rows)


def _models(models: Mapping[str, Any]) -> str:
    rows = [
        (
            f"{role}, {target}",
            f"{file['bytes']:,}",
            f"{file['macs'] / 1e6:,.2f}",
            ", ".join(f"{count} {name}" for name, count in file["operators"].items()),
        )
        for role, by_target in models.items()
        for target, file in by_target.items()
    ]
    return table(("file", "bytes", "million MAC", "operators"), rows)


def _latency(rows: Sequence[Mapping[str, Any]]) -> str:
    shown = [
        (
            row["role"],
            row["runtime"],
            f"{row['float_ms']:.3f}",
            f"{row['int8_ms']:.3f}",
            f"{row['times_faster']:.2f}",
        )
        for row in rows
    ]
    head = ("network", "runtime, one thread", "float ms", "int8 ms", "int8 is times faster")
    return table(head, shown)


def _faces(expected: Floats, got: Floats) -> str:
    apart = np.clip(0.5 + DIFFERENCE_GAIN * (got - expected) / 2, 0, 1)
    names = ("float", "int8", "difference")
    images = (
        f'<img width="{SIDE}" height="{SIDE}" alt="{escape(name)}" title="{escape(name)}" '
        f'src="data:image/png;base64,{_png(values)}">'
        for name, values in zip(names, (expected, got, apart), strict=True)
    )
    return f"<div>{' '.join(images)}</div>"


def _png(values: Floats) -> str:
    picture = Image.fromarray((np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8), "RGB")
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()
