"""The certificate tells a good quantization from a broken one."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from one_network import Converted

from convert.certificate.certificate import Limits, Way, certificate, outputs, require
from convert.certificate.chain import Answer
from convert.certificate.page import page
from convert.errors import ConvertError
from convert.nets.net import Step
from edge.voice.estimate import Choice, Quantity

CPU = Way("cpu", "ai-edge-litert 2.1.0")


def answer(seed: int) -> Answer:
    chance = np.random.default_rng(seed)
    female = float(chance.random())
    years = float(chance.uniform(20, 60))
    vectors = chance.normal(size=(3, 12)).astype(np.float32)
    return Answer(
        vectors=vectors,
        pooled=vectors.mean(axis=0),
        feature=chance.normal(size=8).astype(np.float32),
        attributes={
            "gender": Choice("female", female, {"female": female, "male": 1 - female}),
            "age": Quantity(years, years - 10, years + 10, "years", 0.8),
            "ethnicity": Choice(None, None, {}, "not in this bundle"),
        },
        picture=chance.random((16, 16, 3)).astype(np.float32),
        landmarks=chance.random((5, 2)).astype(np.float32),
    )


EXPECTED = [answer(seed) for seed in range(20)]


def near(of: Answer, noise: float, seed: int) -> Answer:
    chance = np.random.default_rng(seed)
    return replace(
        of,
        vectors=of.vectors + noise * chance.normal(size=of.vectors.shape),
        feature=of.feature + noise * chance.normal(size=of.feature.shape),
        landmarks=of.landmarks + np.float32([3 * noise, 4 * noise]),
        picture=np.clip(of.picture + noise, 0, 1),
    )


def made(got: list[Answer], limits: Limits | None = None, content: bytes = b"") -> dict[str, Any]:
    files = {"trunk": {"cpu": content}} if content else {}
    steps = {"trunk": [Step("PyTorch → ONNX", 1.23456e-7)]}
    return certificate(EXPECTED, {CPU: got}, files, steps, limits or Limits(), unusable=2)


def test_a_good_quantization_passes(encoder: Converted) -> None:
    whole = made([near(a, 0.01, i) for i, a in enumerate(EXPECTED)], content=encoder.content)
    require(whole)
    measured = whole["ways"][str(CPU)]
    assert 0.999 < measured["feature"]["cosine"] <= 1
    assert measured["feature"]["retrieval"] == {"R@1": 1, "R@5": 1, "R@10": 1}
    assert measured["attributes"]["gender"]["agreement"] == 1
    assert "ethnicity" not in measured["attributes"]
    assert measured["face"]["landmark_drift_px"] == pytest.approx(0.05, rel=1e-3)
    assert measured["face"]["psnr_db"] == pytest.approx(40, abs=0.5)
    assert whole["models"]["trunk"]["cpu"]["macs"] == encoder.graph.macs
    assert whole["steps"]["trunk"] == [{"name": "PyTorch → ONNX", "error": 1.235e-07}]


def test_lost_features_are_seen() -> None:
    broken = made([near(a, 0.5, i) for i, a in enumerate(EXPECTED)])
    with pytest.raises(ConvertError, match=r"cost too much \(cpu, .*cosine.*0.98 is wanted"):
        require(broken)


def test_other_answers_are_seen() -> None:
    swapped = [
        replace(
            a,
            attributes={
                **a.attributes,
                "gender": Choice("male", 0.6, {"female": 0.4, "male": 0.6}),
            },
        )
        for a in EXPECTED
    ]
    broken = made(swapped)
    right = np.mean([a.attributes["gender"].scores["male"] > 0.5 for a in EXPECTED])
    agreement = broken["ways"][str(CPU)]["attributes"]["gender"]["agreement"]
    assert agreement == pytest.approx(right)
    with pytest.raises(ConvertError, match="gender agrees with float for"):
        require(broken)
    require(made(swapped, Limits(cosine=0.98, agreement=float(right))))


def test_an_age_agrees_within_a_tenth_of_its_interval() -> None:
    def older(a: Answer, years: float) -> Answer:
        age = a.attributes["age"]
        moved = Quantity(age.value + years, age.low, age.high, "years", 0.8)
        return replace(a, attributes={**a.attributes, "age": moved})

    for years, agreement in ((1.9, 1), (2.1, 0)):
        found = made([older(a, years) for a in EXPECTED])["ways"][str(CPU)]["attributes"]["age"]
        assert found["agreement"] == agreement
        assert found["apart"] == pytest.approx(years, rel=1e-3)


def test_the_numbers_are_what_they_are_called() -> None:
    expected = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]], np.float32)
    loss = outputs(expected, expected + np.float32(0.1))
    assert loss["l1"] == pytest.approx(0.2, rel=1e-3)
    assert loss["l2"] == pytest.approx(0.02**0.5, rel=1e-3)
    assert loss["snr_db"] == pytest.approx(10 * np.log10(1.25 / 0.01), abs=1e-2)
    assert outputs(expected, 3 * expected)["cosine"] == pytest.approx(1)
    assert outputs(expected, -expected)["lowest_cosine"] == pytest.approx(-1)
    assert sum(loss["error_histogram"]["counts"]) == expected.size


def test_the_page_is_whole_and_escapes_names(encoder: Converted) -> None:
    whole = made([near(a, 0.01, i) for i, a in enumerate(EXPECTED)], content=encoder.content)
    whole["steps"]["<trunk>"] = whole["steps"]["trunk"]
    text = page(whole, [(a.picture, a.picture) for a in EXPECTED[:3]])
    names: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: names.append(tag)  # type: ignore[method-assign]
    parser.feed(text)
    assert names.count("svg") == 1
    assert names.count("img") == 9
    assert "script" not in names
    assert "&lt;trunk&gt;" in text
    assert "2 more sounds could not be used" in text
    assert "http" not in text.replace("http-equiv", "")
