"""Microphones are called by names that stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.audio.cards import Card, split
from edge.audio.inputs import Microphone, choose
from edge.errors import SoundError

FOUND = [
    Microphone(0, "HDA Intel: Mic", 48000, 2, Card("PCH", 0, "")),
    Microphone(2, "USB Audio: Yeti", 48000, 2, Card("Snowball", 0, "0d8c:0014")),
    Microphone(3, "USB Audio: Snow", 44100, 1, Card("Snow", 0, "0d8c:0015")),
    Microphone(4, "HDA Intel: Line", 48000, 2, Card("PCH", 2, "")),
    Microphone(5, "pulse", 44100, 32),
]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ("", 0),
        ("CARD=Snow", 3),  # not Snowball
        ("card=snow", 3),
        ("Snowball", 2),
        ("0D8C:0014", 2),
        ("CARD=PCH,DEV=2", 4),
        ("yeti", 2),
        ("pulse", 5),
    ],
)
def test_chosen_by_name(wanted: str, index: int) -> None:
    assert choose(FOUND, wanted).index == index


def test_the_name_for_the_settings_chooses_the_same() -> None:
    for microphone in FOUND:
        assert choose(FOUND, microphone.setting) is microphone


@pytest.mark.parametrize("wanted", ["0", "hw:0", "hw:1,0", "plughw:2,0"])
def test_numbers_are_refused(wanted: str) -> None:
    with pytest.raises(SoundError, match=r"change between boots\. Found: 'CARD=PCH', "):
        choose(FOUND, wanted)


def test_what_is_not_there() -> None:
    with pytest.raises(SoundError, match=r"No microphone is named 'Blue'\. Found: 'CARD=PCH'"):
        choose(FOUND, "Blue")
    with pytest.raises(SoundError, match="No microphone was found"):
        choose([], "Blue")


def test_a_card_by_its_number_of_today(tmp_path: Path) -> None:
    card = tmp_path / "card2"
    card.mkdir()
    (card / "id").write_text("Snowball\n")
    (card / "usbid").write_text("0D8C:0014\n")
    assert split("Yeti: USB Audio (hw:2,1)", tmp_path) == (
        "Yeti: USB Audio",
        Card("Snowball", 1, "0d8c:0014"),
    )
    assert split("Gone (hw:3,0)", tmp_path) == ("Gone", None)
    assert split("pulse", tmp_path) == ("pulse", None)
