"""The certificate as a page to look at: self-contained HTML with drawn bars, no script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem;
       color: #1f2630; background: #fff }
h1, h2 { line-height: 1.2 } h2 { margin-top: 2.2rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid #d5dae1 }
th:first-child, td:first-child { text-align: left }
svg { display: block; margin: .6rem 0 } svg text { font: 12px system-ui, sans-serif; fill: #4a5462 }
.bar { fill: #3b6fb6 } .other { fill: #b6783b } .axis { stroke: #8a94a1 }
.small { color: #4a5462; font-size: .9rem }
@media (prefers-color-scheme: dark) { body { color: #e8ecf1; background: #0d1117 }
  th, td { border-color: #30363d } svg text, .small { fill: #a3afbd; color: #a3afbd } }
"""


def page(certificate: dict[str, Any]) -> str:
    """The whole page for a certificate as `convert.certificate.certify` makes it."""
    models = certificate["models"]
    body = [
        "<h1>What int8 costs against float</h1>",
        f"<p>Measured on {escape(certificate['held_out'])}. Limits: cosine at least "
        f"{certificate['limits']['cosine']}, signal to noise at least "
        f"{certificate['limits']['snr_db']} dB. Outputs are compared less their mean.</p>",
        _overview(models),
    ]
    if certificate.get("end_to_end"):
        body += ["<h2>From end to end</h2>", *_end_to_end(certificate["end_to_end"])]
    for name, model in models.items():
        body += [f"<h2>{escape(name)}</h2>", *_model(model)]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Certificate</title><style>{STYLE}</style>{''.join(body)}</html>\n"
    )


def _overview(models: dict[str, Any]) -> str:
    rows = [
        (
            name,
            f"{model['bytes']:,}",
            f"{model['macs'] / 1e6:,.2f}",
            runtime,
            f"{loss['cosine']:.4f}",
            f"{loss['snr_db']:.1f}",
            f"{loss['psnr_db']:.1f}",
            f"{loss['largest_error']:.3g}",
        )
        for name, model in models.items()
        for runtime, loss in model["runtimes"].items()
    ]
    head = "model,bytes,million MAC,runtime,cosine,SNR dB,PSNR dB,worst error"
    return _table(head.split(","), rows)


def _model(model: dict[str, Any]) -> list[str]:
    operators = ", ".join(f"{count} × {name}" for name, count in model["operators"].items())
    parts = [f'<p class="small">{escape(operators)}. {model["samples"]} samples.</p>']
    for runtime, loss in model["runtimes"].items():
        parts.append(_histogram(f"Error per output value, {runtime}", loss["error_histogram"]))
    return parts


def _histogram(title: str, histogram: dict[str, Any]) -> str:
    """Counts as bars; heights are square roots, so that rare large errors can be seen."""
    counts, edges = histogram["counts"], histogram["edges"]
    width, height, step = 640, 120, 640 / len(counts)
    top = max(*counts, 1) ** 0.5
    bars = "".join(
        f'<rect class="bar" x="{i * step:.1f}" y="{height * (1 - count**0.5 / top):.1f}" '
        f'width="{step - 1:.1f}" height="{height * count**0.5 / top:.1f}"/>'
        for i, count in enumerate(counts)
    )
    return (
        f'<svg viewBox="0 0 {width} {height + 40}" width="{width}" role="img" '
        f'aria-label="{escape(title)}">{bars}'
        f'<line class="axis" x1="0" x2="{width}" y1="{height}" y2="{height}"/>'
        f'<text x="0" y="{height + 16}">0</text>'
        f'<text x="{width}" y="{height + 16}" text-anchor="end">{edges[-1]:.3g}</text>'
        f'<text x="0" y="{height + 34}">{escape(title)} (bar heights are square roots)</text></svg>'
    )


def _end_to_end(results: dict[str, dict[str, float]]) -> list[str]:
    """Each measure with one bar per way of running it."""
    parts = []
    for measure, by_run in results.items():
        top = max(1.0, *by_run.values())
        rows = "".join(
            f'<text x="0" y="{i * 26 + 17}">{escape(run)}</text>'
            f'<rect class="{"other" if i == 0 else "bar"}" x="220" y="{i * 26 + 4}" '
            f'width="{340 * value / top:.1f}" height="18"/>'
            f'<text x="{226 + 340 * value / top:.1f}" y="{i * 26 + 17}">{value:.4g}</text>'
            for i, (run, value) in enumerate(by_run.items())
        )
        parts.append(
            f'<p>{escape(measure)}</p><svg viewBox="0 0 640 {26 * len(by_run)}" width="640" '
            f'role="img" aria-label="{escape(measure)}">{rows}</svg>'
        )
    return parts


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def line(tag: str, cells: Sequence[str]) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    return f"<table>{line('th', head)}{''.join(line('td', row) for row in rows)}</table>"
