"""The model card: the template with the numbers that were measured, none of them typed in."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from string import Template
from typing import Any

from convert.reference.identity import Steadiness
from convert.reference.ingredients import Ingredients

LICENCE = "Apache-2.0"

CORPORA = {
    "commonvoice_61": ("Mozilla Common Voice 6.1, a sample of 59 languages", "CC0"),
    "commonvoice_v1": ("Mozilla Common Voice, English, first release", "CC0"),
    "librispeech": ("LibriSpeech (Panayotov et al. 2015)", "CC BY 4.0"),
    "speechocean762": ("speechocean762 (Zhang et al. 2021)", "free, also for commercial use"),
}
"""corpus → name and licence"""


def card(ingredients: Ingredients, steady: Steadiness) -> str:
    """MODEL_CARD.md. What int8 costs is added when the bundle is built."""
    voice = ingredients.evaluation
    durations = [key for key in voice if key not in ("speakers", "networks")]
    gender, age = ingredients.calibration["gender"], ingredients.calibration["age"]
    at_3s = voice["3s"]["gender"]
    face = ingredients.face_evaluation
    template = Template((resources.files(__package__) / "model_card.md").read_text("utf-8"))
    return template.substitute(
        licence=LICENCE,
        measures=", ".join(ingredients.measures["names"]).replace("_", " "),
        data=_data(ingredients.people),
        doubtful=_doubtful(at_3s),
        dimensions=ingredients.fitted.embedding.shape[1],
        child_above=_percent(gender["child_above"]),
        threshold=_percent(gender["threshold"]),
        interval=_percent(age["high_quantile"] - age["low_quantile"]),
        coverage=_percent(age["coverage"]),
        widest=f"{age['widest']:.0f}",
        steady_speakers=steady.speakers,
        ratio=f"{steady.ratio:.2f}",
        reliability=_percent(steady.reliability),
        explained=f"{steady.explained:.1%}",
        parameters=len(ingredients.parameters),
        size=ingredients.face_size,
        speakers=voice["speakers"],
        networks=voice["networks"],
        gender_by_duration=_gender_table(
            {f"{key} of speech": voice[key]["gender"]["adults"] for key in durations}
        ),
        gender_by_group=_gender_table(
            {
                **at_3s["adults_by_gender"],
                **{_decade(name): row for name, row in at_3s["adults_by_decade"].items()},
                **{_corpus(name): row for name, row in at_3s["adults_by_corpus"].items()},
            }
        ),
        children=_rate(at_3s["children_withheld"]),
        mistaken=_rate(at_3s["adults_taken_for_children"]),
        calibration_error=f"{at_3s['calibration_error']:.3f}",
        age=_age_table(voice["3s"]["age"]),
        psnr=f"{face['psnr']:.1f}",
        ssim=f"{face['ssim']:.3f}",
        eyes_psnr=f"{face['eyes_psnr']:.1f}",
        dark_psnr=f"{face['dark_skin_psnr']:.1f}",
        women=_rate(at_3s["adults_by_gender"]["female"]["coverage"]),
        men=_rate(at_3s["adults_by_gender"]["male"]["coverage"]),
    )


def _data(people: Mapping[str, Mapping[str, int]]) -> str:
    rows = [
        (
            CORPORA.get(corpus, (corpus, ""))[0],
            CORPORA.get(corpus, ("", "see the corpus"))[1],
            *(str(parts.get(part, 0)) for part in ("train", "calibration", "test")),
        )
        for corpus, parts in people.items()
    ]
    head = ("corpus", "licence", "speakers: training", "calibration", "test")
    return (
        _table(head, rows)
        + "\n\nThe first release of Common Voice names no speakers: its clips are counted instead, "
        "and clips that sound like one speaker were kept on one side of the split."
    )


def _doubtful(at_3s: Mapping[str, Any]) -> str:
    every, sure = at_3s["adults_with_doubtful_labels"]["forced"], at_3s["adults"]["forced"]
    if not every["n"] or not sure["n"]:
        return "They were not checked."
    return (
        f"{every['n'] - sure['n']} of {every['n']} adults in the test declared a gender that their "
        "pitch contradicts; they are left out below. With them, forced gender after 3 seconds "
        f"is right for {_rate(every)}."
    )


def _gender_table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    return _table(
        ("group", "adults", "forced", "answered", "right"),
        [
            (
                name,
                str(row["forced"]["n"]),
                _rate(row["forced"]),
                _rate(row["coverage"]),
                _rate(row["answers"]),
            )
            for name, row in rows.items()
            if row["forced"]["n"]
        ],
    )


def _age_table(age: Mapping[str, Any]) -> str:
    decades = {_decade(name) for name in age["by_decade"]}
    rows = {
        "everybody": age["all"],
        **{_decade(name): row for name, row in age["by_decade"].items()},
        **{_corpus(name): row for name, row in age["by_corpus"].items()},
    }
    return _table(
        ("group", "speakers", "answered", "interval holds", "its width", "error", "guess"),
        [
            (
                name,
                str(row["n"]),
                _percent(row["given"]),
                _percent(row["interval_covers"]),
                f"{row['interval_width']:.0f} years",
                f"{row['mean_absolute_error']:.1f} years",
                "–" if name in decades else f"{row['error_of_the_median_age']:.1f} years",
            )
            for name, row in rows.items()
            if row["n"]
        ],
    )


def _decade(name: str) -> str:
    return {"0s": "under 10", "unknown": "age not known"}.get(name, f"in their {name}")


def _corpus(name: str) -> str:
    return CORPORA.get(name, (name, ""))[0]


def _rate(rate: Mapping[str, Any]) -> str:
    if not rate["n"]:
        return "–"
    low, high = rate["interval"]
    return f"{rate['rate']:.1%} [{low:.0%}–{high:.0%}]"


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
