"""Twenty test speakers, ten women and ten men, through `s2f-edge render`, on one sheet.

The speakers are drawn by lot from those that training never heard, before anything is known about
how well they are recognised.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from convert.reference.voice.labels import is_adult, is_doubtful
from convert.reference.voice.prepare import SAMPLE_RATE, Utterance, load_speech
from convert.reference.voice.splits import load_split
from edge.errors import UsageError

EACH = 10
"""women, and as many men"""
SHORTEST_S = 3.0
COLUMNS, SIDE, STRIP = 5, 200, 46
PAPER, INK, QUIET, WRONG = "#f4f1ec", "#2b2826", "#7a736c", "#b3261e"


@dataclass(frozen=True)
class Exhibit:
    """A test speaker and what `s2f-edge render` said."""

    utterance: Utterance
    result: dict[str, Any]
    """a line of `s2f-edge render --json`"""

    @property
    def heard(self) -> str | None:
        """The gender that was given; None when it abstained or failed."""
        value = self.result.get("attributes", {}).get("gender", {}).get("value")
        return None if value is None else str(value)


def gallery(work: Path, data: Path, out: Path, seed: int = 0) -> str:
    """Draw the sheet of the speakers drawn with `seed`. Returns the count in words."""
    chosen = draw_lots(load_speech(work).utterances, load_split(work)["test"], seed)
    with tempfile.TemporaryDirectory() as folder:
        exhibits = render(chosen, data, Path(folder))
        sheet(exhibits).save(out)
    given = [e for e in exhibits if e.heard is not None]
    right = sum(e.heard == e.utterance.gender for e in given)
    return (
        f"{len(exhibits)} voices: gender given for {len(given)}, right for {right}; "
        f"abstained from {len(exhibits) - len(given)}. {out}"
    )


def draw_lots(utterances: Sequence[Utterance], test: Sequence[int], seed: int) -> list[Utterance]:
    """Ten women and ten men of the test part, one recording a speaker, by age."""
    lot = np.random.default_rng(seed)
    chosen: list[Utterance] = []
    for gender in ("female", "male"):
        able = [
            u
            for u in (utterances[i] for i in test)
            if u.gender == gender
            and is_adult(u)
            and not is_doubtful(u)
            and u.length >= SHORTEST_S * SAMPLE_RATE
        ]
        one_each = list({u.speaker: u for u in able}.values())
        if len(one_each) < EACH:
            raise UsageError(f"Only {len(one_each)} test speakers are {gender}; {EACH} are needed.")
        drawn = [one_each[i] for i in lot.permutation(len(one_each))[:EACH]]
        chosen += sorted(drawn, key=lambda u: u.age or (999.0, 999.0))
    return chosen


def render(chosen: Sequence[Utterance], data: Path, folder: Path) -> list[Exhibit]:
    """What the command says of each recording, as a user would call it."""
    files = [str(data / utterance.corpus / utterance.file) for utterance in chosen]
    command = [sys.executable, "-m", "edge", "render", *files, "--json", "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 3):
        raise UsageError(f"s2f-edge render failed: {done.stderr.strip()}")
    results = [json.loads(line) for line in done.stdout.splitlines()]
    exhibits = [Exhibit(u, r) for u, r in zip(chosen, results, strict=True)]
    for exhibit in exhibits:
        if "face" in exhibit.result:
            with Image.open(exhibit.result["face"]) as picture:
                exhibit.result["picture"] = picture.crop((0, 0, picture.width, picture.width))
    return exhibits


def sheet(exhibits: Sequence[Exhibit]) -> Image.Image:
    """Faces in rows, under each what was heard and what the speaker had declared."""
    rows = -(-len(exhibits) // COLUMNS)
    picture = Image.new("RGB", (COLUMNS * SIDE, rows * (SIDE + STRIP)), PAPER)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    for number, exhibit in enumerate(exhibits):
        x, y = number % COLUMNS * SIDE, number // COLUMNS * (SIDE + STRIP)
        if "picture" in exhibit.result:
            face = exhibit.result["picture"].resize((SIDE - 6, SIDE - 6), Image.Resampling.LANCZOS)
            picture.paste(face, (x + 3, y + 3))
        right = exhibit.heard in (None, exhibit.utterance.gender)
        ink = INK if right else WRONG
        draw.text((x + 6, y + SIDE + 3), _heard(exhibit.result), fill=ink, font=font)
        draw.text((x + 6, y + SIDE + 22), _declared(exhibit.utterance), fill=QUIET, font=font)
    return picture


def _heard(result: dict[str, Any]) -> str:
    if "error" in result:
        return "heard: nothing usable"
    gender, age = result["attributes"]["gender"], result["attributes"]["age"]
    who = "gender unsure" if gender["value"] is None else gender["value"]
    when = "age unsure" if age["value"] is None else f"{age['value']} ({age['low']}-{age['high']})"
    return f"heard: {who}, {when}"


def _declared(utterance: Utterance) -> str:
    if utterance.age is None:
        return f"is: {utterance.gender}"
    low, below = utterance.age
    years = f"{low:.0f}" if below - low <= 1 else f"{low:.0f}-{below - 1:.0f}"
    return f"is: {utterance.gender}, {years}"
