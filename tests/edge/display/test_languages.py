"""Four languages say the same; what a bundle adds is shown as it is."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from edge.display import letters as lettering
from edge.display import words
from edge.display.languages import ENGLISH, LANGUAGES
from edge.display.letters import BUILT_IN, Letters, letters
from edge.display.view import view
from edge.display.vocabulary import Vocabulary
from edge.display.wording import Wording, spoken, wording
from edge.errors import DeviceError
from edge.face import craniofacial
from edge.inference.bundle import load_bundle, reference_path
from edge.inference.delegate_state import DelegateState
from edge.inference.manifest import ChoiceAttribute, QuantityAttribute
from edge.scene import Scene
from edge.settings import DisplaySettings, LanguageCode
from edge.state import State
from edge.voice.attributes import choose, measure
from edge.voice.estimate import Choice, Estimate, Quantity

OTHERS = [language for language in LANGUAGES.values() if language is not ENGLISH]


@pytest.fixture(params=OTHERS, ids=lambda language: language.code)
def language(request: pytest.FixtureRequest) -> Vocabulary:
    return request.param


def slots(sentence: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", sentence))


def test_the_settings_know_the_languages() -> None:
    assert tuple(LANGUAGES) == get_args(LanguageCode)


def test_every_sentence_is_there_and_takes_the_same(language: Vocabulary) -> None:
    for field in fields(Vocabulary):
        told = getattr(language, field.name)
        assert told or field.name in ("names", "reasons")
        if isinstance(told, str):
            assert slots(told) == slots(getattr(ENGLISH, field.name)), field.name
    assert set(language.states) == set(State)
    assert len({word for word, _ in language.states.values()}) == len(State)
    assert language.page.keys() == ENGLISH.page.keys()
    assert language.caption != ENGLISH.caption


def test_names_of_the_reference_bundle_are_translated(language: Vocabulary) -> None:
    manifest = json.loads((reference_path() / "bundle.json").read_text())
    names = {"voice", "face", *craniofacial.NAMES, *manifest["face"]["measures"]["names"]}
    names |= set(manifest["absent"])
    for attribute in manifest["attributes"]:
        names |= {attribute["name"], *attribute.get("classes", [])}
    assert names <= language.names.keys()
    assert language.name("hair_colour") == "hair colour", "unknown ones are shown as they are"


def test_reasons_of_the_voice_stage_are_translated(language: Vocabulary) -> None:
    manifest = load_bundle(reference_path()).manifest
    told = set(manifest.absent.values())
    for part in manifest.attributes:
        if isinstance(part, ChoiceAttribute):
            told |= {withheld.reason for withheld in part.calibration.withheld}
            logits = np.full(len(part.classes), 0.0, np.float32)
            logits[part.classes.index("child")] = -30.0
            told.add(choose(part, logits).reason or "")
        elif isinstance(part, QuantityAttribute):
            told.add(measure(part, np.zeros(part.bins.count, np.float32)).reason or "")
    assert any("not sure enough: between" in reason for reason in told)
    assert any("needed" in reason for reason in told)
    for reason in told:
        said = language.reason(reason)
        assert said != reason
        assert not re.search(r"[{}]", said)
        assert re.findall(r"\d+", said) == re.findall(r"\d+", reason)
    assert language.reason("something else") == "something else"


def test_german_lines() -> None:
    german = LANGUAGES["de"]
    gender = words.line("gender", Choice("female", 0.97, {"female": 0.97, "male": 0.03}), german)
    assert (gender.label, gender.value) == ("Geschlecht", "weiblich, 97\u00a0%")
    age = words.line("age", Quantity(34.2, 24.1, 46.8, "years", 0.8), german)
    assert (age.label, age.value) == ("Alter", "34 (24–47)")
    assert age.note == "der Bereich gilt für 80\u00a0% der Sprecher"
    assert words.percent(1.0, german) == "über 99\u00a0%"


def test_chinese_lines(estimate: Estimate) -> None:
    chinese = LANGUAGES["zh"]
    gender, age = words.lines(estimate, chinese)
    assert (gender.label, gender.value) == ("性别", "女性，97%")
    assert (age.label, age.value) == ("年龄", "34（24–47）")
    assert words.evidence(estimate, chinese) == "已听到 5.8 秒语音"
    unsure = words.line(
        "gender", Choice(None, None, {}, "not sure enough: male 61%, 80% needed"), chinese
    )
    assert (unsure.value, unsure.note) == ("不确定", "把握不足：男性 61%，需要 80%")
    assert not unsure.sure


def test_numbers_follow_the_language(estimate: Estimate) -> None:
    assert "5,8" in words.evidence(estimate, LANGUAGES["de"])
    shown = view(Scene(State.SPEAKING, estimate), None, Wording(LANGUAGES["es"]))
    assert shown["craniofacial"] == {"índice nasal": "0,71"}
    assert shown["language"] == "es"
    assert shown["state"]["word"] == "Hablando"


def test_a_lost_accelerator_is_told_in_every_language(language: Vocabulary) -> None:
    lost = DelegateState("voice", "edgetpu", False, "it hangs", 1)
    said = words.notice(Scene(State.SPEAKING, delegates=(lost,)), language)
    assert "edgetpu" in said
    assert "CPU" in said
    assert "voice" not in said


def test_passers_by_are_told_until_there_is_a_face(estimate: Estimate) -> None:
    listening = spoken(DisplaySettings(language="de", kiosk_notice=True))
    told = {state: view(Scene(state), None, listening)["kiosk"] for state in State}
    assert {state for state, text in told.items() if text} == {State.IDLE, State.LISTENING}
    assert "Mikrofon" in told[State.IDLE]
    assert view(Scene(State.LISTENING, estimate), None, listening)["kiosk"] == ""
    assert view(Scene(State.IDLE), None, spoken(DisplaySettings()))["kiosk"] == ""


def test_a_fault_without_a_message_has_words() -> None:
    said = view(Scene(State.FAULT), None, Wording(LANGUAGES["de"]))
    assert said["message"] == "Etwas stimmt nicht. Das Protokoll sagt mehr."


def test_english_needs_no_font_of_the_system() -> None:
    assert wording(DisplaySettings()).letters is BUILT_IN


def test_the_system_has_letters_for_every_language(language: Vocabulary) -> None:
    found = letters(language)
    assert Path(found.path).is_file()
    text = language.caption + language.kiosk
    assert found.printable(text) == text
    pictures = {sign: bytes(found.font(24).getmask(sign)) for sign in set(text) if sign != " "}
    assert len(set(pictures.values())) > 0.9 * len(pictures), "no boxes for missing signs"


def test_without_a_chinese_font_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettering, "FOLDERS", ())
    wanted = r"No font with Chinese signs .*fonts-wqy-microhei\), or set \[display\] font"
    with pytest.raises(DeviceError, match=wanted):
        wording(DisplaySettings(language="zh"))
    spoken(DisplaySettings(language="zh"))  # a browser has its own


def test_without_a_font_german_loses_its_accents_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lettering, "FOLDERS", ())
    found = wording(DisplaySettings(language="de")).letters
    assert found is BUILT_IN
    assert found.printable("Störung – heiß") == "Storung - heiss"
    assert "event=font_missing language=de" in caplog.text


def test_a_font_of_the_settings(tmp_path: Path) -> None:
    latin = letters(LANGUAGES["de"]).path
    assert letters(ENGLISH, latin) == Letters(latin)
    with pytest.raises(DeviceError, match="lacks signs of the language 'zh'"):
        letters(LANGUAGES["zh"], latin)
    (tmp_path / "no.ttf").write_text("no font")
    for path in (tmp_path / "no.ttf", tmp_path / "none.ttf"):
        with pytest.raises(DeviceError, match="cannot be used"):
            letters(ENGLISH, str(path))
