"""Pages are whole, and words in them are words."""

from __future__ import annotations

from convert.page.document import details, document, figure, heading, paragraph, row, tiles
from convert.page.table import table

EVIL = "<script>alert(1)</script>"


def test_words_are_escaped_in_every_block() -> None:
    page = document(
        EVIL,
        [
            heading(EVIL),
            paragraph(EVIL, "small"),
            tiles([(EVIL, EVIL, EVIL)]),
            row([figure(EVIL, "<svg/>")]),
            details(EVIL, [EVIL]),
            table([EVIL], [[EVIL], [(EVIL, EVIL)]], EVIL),
        ],
    )
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 15


def test_a_page_has_its_style_and_a_dark_one() -> None:
    page = document("Report", ["<p>hello</p>"])
    assert page.startswith("<!doctype html>")
    assert "<h1>Report</h1><p>hello</p>" in page
    assert "prefers-color-scheme: dark" in page


def test_an_interval_stands_beneath_its_number() -> None:
    assert "<td>7<small>5 – 9</small></td>" in table(("", "n"), [("x", ("7", "5 – 9"))])
