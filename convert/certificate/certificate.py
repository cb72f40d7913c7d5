"""What int8 costs against float, measured on speech that the quantizer did not see.

The bundle is run twice by the board's own code, with its files and with their float twins. Both
runtimes are measured where both are installed: they round differently. Times are left out: they
belong to a machine, not to a bundle; `convert.certificate.latency` measures them beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from convert.certificate.chain import Answer
from convert.certificate.similarity import centred, cosines, psnr, retrieval, ssim
from convert.errors import ConvertError
from convert.gate.graph import read_graph
from convert.nets.net import Floats, Step
from edge.inference.manifest import Target
from edge.voice.estimate import Attribute, Choice, Quantity

SCHEMA = 2
RANKS = (1, 5, 10)
HISTOGRAM_BINS = 24
NEAR = 0.1
"""of an interval's width, by which two estimates of a quantity may differ and still agree"""


@dataclass(frozen=True)
class Limits:
    """What a bundle may lose. Every way of running it must keep them."""

    cosine: float = 0.98
    """mean cosine between float and int8 face features"""
    agreement: float = 0.95
    """share of sounds with the same answer for each attribute"""


@dataclass(frozen=True)
class Way:
    """A target's files under one runtime."""

    target: str
    runtime: str

    def __str__(self) -> str:
        return f"{self.target}, {self.runtime}"


def certificate(
    expected: Sequence[Answer],
    got: Mapping[Way, Sequence[Answer]],
    files: Mapping[str, Mapping[Target, bytes]],
    steps: Mapping[str, Sequence[Step]],
    limits: Limits,
    unusable: int = 0,
) -> dict[str, Any]:
    """All measures as plain JSON values. `files`: role → target → int8 file; `unusable`: how many
    sounds could not be used."""
    return {
        "schema": SCHEMA,
        "held_out": {
            "sounds": len(expected),
            "windows": sum(len(a.vectors) for a in expected),
            "unusable": unusable,
        },
        "limits": {"cosine": limits.cosine, "agreement": limits.agreement},
        "steps": {
            role: [{"name": s.name, "error": significant(s.error)} for s in of_role]
            for role, of_role in steps.items()
        },
        "models": {
            role: {targets: _file(content) for targets, content in _distinct(by_target).items()}
            for role, by_target in files.items()
        },
        "ways": {str(way): _compare(expected, answers) for way, answers in got.items()},
    }


def require(made: Mapping[str, Any]) -> None:
    """Raise ConvertError when some way of running the bundle loses more than the limits allow."""
    limits = made["limits"]
    for way, measured in made["ways"].items():
        cosine = measured["feature"]["cosine"]
        if not cosine >= limits["cosine"]:
            raise ConvertError(
                f"Quantizing cost too much ({way}): the features' cosine to float is "
                f"{cosine:.4f}, {limits['cosine']} is wanted. Give more and other calibration "
                "sounds, set [quantization] equalize or correct_bias, or lower --min-cosine."
            )
        for name, attribute in measured["attributes"].items():
            if not attribute["agreement"] >= limits["agreement"]:
                raise ConvertError(
                    f"Quantizing cost too much ({way}): {name} agrees with float for "
                    f"{attribute['agreement']:.1%} of the sounds, {limits['agreement']:.0%} is "
                    "wanted. Give more calibration sounds, or lower --min-agreement."
                )


def _distinct(by_target: Mapping[Target, bytes]) -> dict[str, bytes]:
    """The files, each once, under the names of all targets that it serves: `cpu, jetson`."""
    served: dict[bytes, list[str]] = {}
    for target, content in by_target.items():
        served.setdefault(content, []).append(target)
    return {", ".join(targets): content for content, targets in served.items()}


def _file(content: bytes) -> dict[str, Any]:
    graph = read_graph(content)
    return {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "macs": graph.macs,
        "operators": graph.counts,
    }


def _compare(expected: Sequence[Answer], got: Sequence[Answer]) -> dict[str, Any]:
    vectors = [np.concatenate([a.vectors for a in answers]) for answers in (expected, got)]
    pooled = [np.stack([a.pooled for a in answers]) for answers in (expected, got)]
    features = [np.stack([a.feature for a in answers]) for answers in (expected, got)]
    return {
        "trunk": outputs(*vectors),
        "pooled": outputs(*pooled),
        "feature": {**outputs(*features), **_retrieval(*features)},
        "attributes": _attributes(expected, got),
        "face": _faces(expected, got),
    }


def outputs(expected: Floats, got: Floats) -> dict[str, Any]:
    """How near outputs `(n, d)` are to those in float."""
    own, other = centred(expected, got)
    error = np.abs(expected - got)
    noise = max(float(np.mean(error**2)), 1e-20)
    counts, edges = np.histogram(error, HISTOGRAM_BINS)
    plain, around = cosines(expected, got), cosines(own, other)
    return {
        "cosine": round(float(plain.mean()), 5),
        "lowest_cosine": round(float(plain.min()), 5),
        "centred_cosine": round(float(around.mean()), 5),
        "l1": significant(float(error.sum(axis=1).mean())),
        "l2": significant(float(np.linalg.norm(expected - got, axis=1).mean())),
        "snr_db": round(float(10 * np.log10(max(float(np.mean(own**2)), 1e-20) / noise)), 2),
        "error_histogram": {
            "edges": [significant(float(edge)) for edge in edges],
            "counts": counts.tolist(),
        },
    }


def _retrieval(expected: Floats, got: Floats) -> dict[str, Any]:
    """Does the int8 feature find the same sound's float feature among all?"""
    found = retrieval(got, expected, RANKS)
    return {"retrieval": {f"R@{k}": round(share, 4) for k, share in found.items()}}


def _attributes(expected: Sequence[Answer], got: Sequence[Answer]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, first in expected[0].attributes.items():
        if isinstance(first, Choice) and not first.scores:  # not in this bundle
            continue
        pairs = [
            (a.attributes[name], b.attributes[name]) for a, b in zip(expected, got, strict=True)
        ]
        made[name] = {
            "agreement": round(float(np.mean([_agree(a, b) for a, b in pairs])), 4),
            "same_answer": round(float(np.mean([_same(a, b) for a, b in pairs])), 4),
            "apart": significant(float(np.mean([_apart(a, b) for a, b in pairs]))),
        }
    return made


def _agree(a: Attribute, b: Attribute) -> bool:
    """Whether the most probable class is the same; for a quantity, whether the middles differ by
    at most NEAR of the interval's width in float."""
    if isinstance(a, Choice) and isinstance(b, Choice):
        return max(a.scores, key=a.scores.__getitem__) == max(b.scores, key=b.scores.__getitem__)
    if isinstance(a, Quantity) and isinstance(b, Quantity):
        low, high = _interval(a)
        return abs(_middle(a) - _middle(b)) <= NEAR * (high - low)
    return False


def _same(a: Attribute, b: Attribute) -> bool:
    """Whether both give an answer or both do not, and choices the same one."""
    if isinstance(a, Choice) and isinstance(b, Choice):
        return a.value == b.value
    return (a.value is None) == (b.value is None)


def _apart(a: Attribute, b: Attribute) -> float:
    """Largest difference of a class's probability, or difference of the middles."""
    if isinstance(a, Choice) and isinstance(b, Choice):
        return max(abs(a.scores[name] - b.scores[name]) for name in a.scores)
    if isinstance(a, Quantity) and isinstance(b, Quantity):
        return abs(_middle(a) - _middle(b))
    return float("nan")


def _middle(quantity: Quantity) -> float:
    """The value, or the middle of the interval where it is too wide for one."""
    if quantity.value is not None:
        return quantity.value
    low, high = _interval(quantity)
    return (low + high) / 2


def _interval(quantity: Quantity) -> tuple[float, float]:
    return (quantity.low or 0.0, quantity.high or 0.0)


def _faces(expected: Sequence[Answer], got: Sequence[Answer]) -> dict[str, Any]:
    pairs = list(zip(expected, got, strict=True))
    ratios = [psnr(a.picture, b.picture) for a, b in pairs]
    made: dict[str, Any] = {
        "psnr_db": round(float(np.mean(ratios)), 2),
        "lowest_psnr_db": round(min(ratios), 2),
        "ssim": round(float(np.mean([ssim(a.picture, b.picture) for a, b in pairs])), 4),
    }
    drifts = [
        float(np.linalg.norm(a.landmarks - b.landmarks, axis=1).mean())
        for a, b in pairs
        if a.landmarks is not None and b.landmarks is not None
    ]
    if drifts:
        made["landmark_drift_px"] = significant(float(np.mean(drifts)))
    return made


def significant(value: float) -> float:
    """Four significant digits: the rest is noise, and would differ between processors."""
    return float(f"{value:.4g}")
