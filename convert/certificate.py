"""What int8 costs against float, measured on inputs that the quantizer did not see.

Both runtimes are measured where both are installed: they round differently. Times are left out:
they belong to a machine, not to a bundle; `s2f-edge bench` measures them where they matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from convert.errors import ConvertError
from convert.export import Floats
from convert.network import Converted
from edge.inference.interpreter import Model, find_runtime, installed_runtimes

LOWEST_COSINE = 0.98
LOWEST_SNR_DB = 15.0
HISTOGRAM_BINS = 24


@dataclass(frozen=True)
class Loss:
    """What one runtime makes of one int8 model, against the float network."""

    cosine: float
    """mean over the samples, of outputs less the mean output"""
    lowest_cosine: float
    snr_db: float
    """power of the float outputs about their mean over that of the error"""
    psnr_db: float
    """range of the float outputs over the error, as for pictures"""
    largest_error: float
    error_histogram: tuple[tuple[float, ...], tuple[int, ...]]
    """edges and counts of the error's magnitude"""


def certify(networks: Sequence[tuple[Converted, Floats]]) -> dict[str, Any]:
    """Certificate of several networks, each with its held-out inputs, as plain JSON values."""
    return {
        "held_out": "inputs that the quantizer did not see",
        "limits": {"cosine": LOWEST_COSINE, "snr_db": LOWEST_SNR_DB},
        "models": {network.name: measure(network, inputs) for network, inputs in networks},
    }


def measure(network: Converted, inputs: Floats) -> dict[str, Any]:
    """Size, operators and, by runtime, what was lost on `inputs`, `(n, …)` in TFLite's layout."""
    expected = network.reference(inputs)
    losses = {}
    for setting in installed_runtimes():
        runtime = find_runtime(setting)
        model = Model(network.content, runtime, name=network.name)
        losses[str(runtime)] = _plain(compare(expected, run(model, inputs)))
    return {
        "bytes": len(network.content),
        "sha256": hashlib.sha256(network.content).hexdigest(),
        "macs": network.graph.macs,
        "operators": network.graph.counts,
        "samples": len(inputs),
        "runtimes": losses,
    }


def require(certificate: dict[str, Any]) -> None:
    """Raise ConvertError when a network lost more than the limits allow."""
    for name, model in certificate["models"].items():
        for runtime, loss in model["runtimes"].items():
            if not (loss["cosine"] >= LOWEST_COSINE and loss["snr_db"] >= LOWEST_SNR_DB):
                raise ConvertError(
                    f"Quantizing the {name} lost too much under {runtime}: cosine "
                    f"{loss['cosine']:.3f} ({LOWEST_COSINE} wanted), signal to noise "
                    f"{loss['snr_db']:.1f} dB ({LOWEST_SNR_DB:.0f} wanted). "
                    "Use representative inputs that cover what the board will see."
                )


def compare(expected: Floats, got: Floats) -> Loss:
    """`(n, …)` outputs of the float network, and of the int8 one for the same inputs."""
    mean = expected.mean(axis=0, keepdims=True)
    a = (expected - mean).reshape(len(expected), -1).astype(np.float64)
    b = (got - mean).reshape(len(got), -1).astype(np.float64)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    cosines = (a * b).sum(axis=1) / np.maximum(lengths, 1e-12)
    error = np.abs(a - b)
    noise = max(float(np.mean(error**2)), 1e-20)
    counts, edges = np.histogram(error, HISTOGRAM_BINS)
    return Loss(
        cosine=float(cosines.mean()),
        lowest_cosine=float(cosines.min()),
        snr_db=float(10 * np.log10(max(float(np.mean(a**2)), 1e-20) / noise)),
        psnr_db=float(10 * np.log10(max(float(np.ptp(expected)), 1e-10) ** 2 / noise)),
        largest_error=float(error.max()),
        error_histogram=(tuple(map(float, edges)), tuple(map(int, counts))),
    )


def run(model: Model, inputs: Floats) -> Floats:
    """Outputs `(n, …)` for a batch of inputs; the board's models take one at a time."""
    return np.concatenate([model(sample[None]) for sample in inputs])


def _plain(loss: Loss) -> dict[str, Any]:
    edges, counts = loss.error_histogram
    return {
        "cosine": round(loss.cosine, 5),
        "lowest_cosine": round(loss.lowest_cosine, 5),
        "snr_db": round(loss.snr_db, 2),
        "psnr_db": round(loss.psnr_db, 2),
        "largest_error": float(f"{loss.largest_error:.4g}"),
        "error_histogram": {
            "edges": [float(f"{edge:.4g}") for edge in edges],
            "counts": list(counts),
        },
    }
