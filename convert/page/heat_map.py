"""Confusion matrices as heat maps with numbers."""

from __future__ import annotations

from collections.abc import Sequence

from convert.page.svg import CHARACTER, box, drawing, shorten, text


def heat_map(
    rows: Sequence[str], columns: Sequence[str], counts: Sequence[Sequence[int]], label: str
) -> str:
    """A confusion matrix: each row's shares as colour and number, with its count beneath."""
    cell = 50.0 if len(columns) <= 4 else 43.0
    names = [f"{shorten(name, 14)} ({sum(of)})" for name, of in zip(rows, counts, strict=True)]
    left = 10 + CHARACTER * max((len(name) for name in names), default=0)
    heads = [name.split(" ", 1) for name in columns]
    top = 8.0 + 13 * max(len(head) for head in heads)
    shapes = [
        text(left + (c + 0.5) * cell - 1, top - 7 - 13 * (len(head) - 1 - i), word, "middle")
        for c, head in enumerate(heads)
        for i, word in enumerate(shorten(word, int(cell / CHARACTER) + 2) for word in head)
    ]
    for r, (name, of) in enumerate(zip(names, counts, strict=True)):
        y = top + r * cell
        shapes.append(text(left - 8, y + cell / 2 + 4, name, "end"))
        for c, count in enumerate(of):
            x, part = left + c * cell, count / max(sum(of), 1)
            tip = f"{rows[r]} → {columns[c]}: {count} of {sum(of)}"
            shapes.append(box(x, y, cell - 2, cell - 2, "accent", 0.06 + 0.94 * part, tip))
            kind = "on" if part > 0.5 else "strong"
            if count:
                middle = x + cell / 2 - 1
                shapes.append(text(middle, y + cell / 2, f"{part:.0%}", "middle", kind))
                shapes.append(text(middle, y + cell / 2 + 14, f"{count}", "middle", kind))
    return drawing(left + cell * len(columns) + 8, top + cell * len(rows) + 2, label, shapes)
