"""The frame of a page, and its blocks. What these functions return is HTML; words they are given
are escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: #1f2630; --muted: #4a5462; --paper: #fff; --card: #f5f7fa;
  --line: #d5dae1; --accent: #3b6fb6; --other: #b6783b; --on: #fff; --warn: #9a5b00 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf1; --muted: #a3afbd; --paper: #0d1117;
  --card: #161c24; --line: #30363d; --accent: #6ea1e6; --other: #dba467; --on: #0d1117;
  --warn: #e3b341 } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 66rem; padding: 0 1rem;
  color: var(--ink); background: var(--paper) }
h1, h2, h3 { line-height: 1.2; margin-bottom: .4rem } h1 { margin-top: 0 }
h2 { margin-top: 2.8rem; padding-top: 1.2rem; border-top: 1px solid var(--line) }
h3 { margin-top: 2rem }
p { max-width: 48rem; margin: .5rem 0 }
table { border-collapse: collapse; margin: .6rem 0; font-variant-numeric: tabular-nums }
caption { text-align: left; color: var(--muted); font-size: .9rem; padding-bottom: .2rem }
th, td { text-align: right; padding: .25rem .6rem; border-bottom: 1px solid var(--line) }
th { font-weight: 600 } th:first-child, td:first-child { text-align: left; padding-left: 0 }
td:first-child, td small { white-space: nowrap }
td small { display: block; color: var(--muted); line-height: 1.2 }
.wide { overflow-x: auto }
.small { color: var(--muted); font-size: .9rem } .warn { color: var(--warn) }
.tiles { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.2rem 0 }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  padding: .7rem 1rem; min-width: 9rem; flex: 1 }
.tile b { display: block; font-size: 1.6rem; line-height: 1.3; font-variant-numeric: tabular-nums }
.tile span { display: block; color: var(--muted); font-size: .85rem }
.row { display: flex; flex-wrap: wrap; gap: 1rem 1.5rem; align-items: flex-start; margin: .6rem 0 }
figure { margin: 0 } figcaption { font-size: .9rem; font-weight: 600 }
details { margin: .6rem 0 } summary { cursor: pointer } li { overflow-wrap: anywhere }
svg { display: block; max-width: 100%; height: auto; overflow: visible }
svg text { font: 12px system-ui, sans-serif; fill: var(--muted) }
svg .strong { fill: var(--ink) } svg .on { fill: var(--on) }
svg .accent { fill: var(--accent) } svg .other { fill: var(--other) }
svg .band { opacity: .18 } svg .grid { stroke: var(--line) } svg .axis { stroke: var(--muted) }
svg .whisker { stroke: var(--ink); stroke-width: 1.5 } svg .few { opacity: .45 }
svg .line-accent { stroke: var(--accent) } svg .line-other { stroke: var(--other) }
svg .line-accent, svg .line-other { fill: none; stroke-width: 2 }
svg .dashed { stroke: var(--muted); stroke-dasharray: 4 4; fill: none }
"""


def document(title: str, body: Iterable[str]) -> str:
    """A whole page from blocks of HTML."""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style><h1>{escape(title)}</h1>"
        f"{''.join(body)}</html>\n"
    )


def heading(words: str, level: int = 2) -> str:
    """A heading; 1 is the page's own."""
    return f"<h{level}>{escape(words)}</h{level}>"


def paragraph(words: str, kind: str = "") -> str:
    """`kind`: small or warn."""
    return f'<p class="{kind}">{escape(words)}</p>' if kind else f"<p>{escape(words)}</p>"


def tiles(items: Iterable[tuple[str, str, str]]) -> str:
    """Numbers that matter most: (label, value, note)."""
    cells = "".join(
        f'<div class="tile"><span>{escape(label)}</span><b>{escape(value)}</b>'
        f"<span>{escape(note)}</span></div>"
        for label, value, note in items
    )
    return f'<div class="tiles">{cells}</div>'


def figure(caption: str, drawing: str) -> str:
    """A plot with its caption."""
    return f"<figure><figcaption>{escape(caption)}</figcaption>{drawing}</figure>"


def row(blocks: Iterable[str]) -> str:
    """Blocks beside each other, as far as the window is wide."""
    return f'<div class="row">{"".join(blocks)}</div>'


def details(summary: str, lines: Iterable[str]) -> str:
    """A list that is folded until it is asked for."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<details><summary>{escape(summary)}</summary><ul>{items}</ul></details>"
