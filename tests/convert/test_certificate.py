"""The certificate tells a good quantization from a broken one, with both runtimes."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from tiny_networks import Encoder, uniform

from convert.certificate import certify, compare, require
from convert.certificate_page import page
from convert.errors import ConvertError
from convert.network import Converted, convert_network
from edge.inference.interpreter import installed_runtimes


def test_a_good_quantization_passes(encoder: Converted, decoder: Converted) -> None:
    certificate = certify([(encoder, uniform(20, 16, 12, 1, seed=1)), (decoder, uniform(20, 5))])
    require(certificate)
    for model in certificate["models"].values():
        assert len(model["runtimes"]) == len(installed_runtimes()) == 2
        assert model["bytes"] > 1000
        assert model["macs"] > 1000
        for loss in model["runtimes"].values():
            assert 0.98 < loss["cosine"] <= 1
            assert sum(loss["error_histogram"]["counts"]) > 0


def test_a_broken_quantization_is_seen() -> None:
    torch.manual_seed(1)
    too_quiet = 0.02 * uniform(40, 16, 12, 1)
    broken = convert_network("encoder", Encoder(), torch.rand(1, 1, 16, 12), too_quiet)
    certificate = certify([(broken, uniform(20, 16, 12, 1, seed=1))])
    with pytest.raises(ConvertError, match="Quantizing the encoder lost too much"):
        require(certificate)


def test_the_numbers_are_what_they_are_called() -> None:
    expected = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]], np.float32)
    error = np.full((4, 2), 0.1, np.float32)
    loss = compare(expected, expected + error)
    assert loss.largest_error == pytest.approx(0.1)
    assert loss.snr_db == pytest.approx(10 * np.log10(1.25 / 0.01), abs=1e-3)
    assert loss.psnr_db == pytest.approx(10 * np.log10(16 / 0.01), abs=1e-3)
    assert compare(expected, 3 * expected).cosine == pytest.approx(1)
    assert compare(expected, -expected).lowest_cosine == pytest.approx(-1)


def test_an_offset_that_all_outputs_share_hides_nothing() -> None:
    expected = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32) + 100
    wrong = np.random.default_rng(1).normal(size=(50, 8)).astype(np.float32) + 100
    assert abs(compare(expected, wrong).cosine) < 0.2


def test_the_page_is_whole_and_escapes_names(encoder: Converted) -> None:
    certificate = certify([(encoder, uniform(10, 16, 12, 1))])
    certificate["end_to_end"] = {"Share of <right> answers": {"float": 0.9, "int8": 0.8}}
    text = page(certificate)
    names: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: names.append(tag)  # type: ignore[method-assign]
    parser.feed(text)
    assert names.count("svg") == 3
    assert "script" not in names
    assert "&lt;right&gt;" in text
    assert "http" not in text.replace("http-equiv", "")
