"""Both runtimes are installed here, run the same models, and agree."""

from __future__ import annotations

import numpy as np
import pytest

from edge.errors import BundleError, DeviceError
from edge.inference import runtime as runtimes
from edge.inference.bundle import Bundle
from edge.inference.model import local_model
from edge.inference.runtime import find_runtime, installed_runtimes
from edge.inference.tensor import tensor_numbers


def test_both_runtimes_are_here() -> None:
    assert installed_runtimes() == ["litert", "tflite-runtime"]
    assert str(find_runtime("litert")).startswith("ai-edge-litert ")
    assert str(find_runtime("tflite-runtime")) == "tflite-runtime 2.14.0"
    assert find_runtime("auto").setting == "litert"


@pytest.mark.parametrize("role", ["trunk", "head", "gender", "age", "face"])
def test_the_runtimes_agree_but_for_rounding(reference: Bundle, role: str) -> None:
    models = [
        local_model(reference.model(role), find_runtime(name)) for name in installed_runtimes()
    ]
    values = np.random.default_rng(1).normal(size=models[0].input_shape).astype(np.float32)
    first, second = (model(values) for model in models)
    steps = np.abs(first - second) / models[0]._output.numbers.scale
    assert first.shape == models[0].output_shape
    assert first.std() > 0
    # they round differently, layer after layer
    assert np.quantile(steps, 0.98) < 2.5
    assert steps.max() < 6.5


def test_a_runtime_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "installed_runtimes", lambda: ["litert"])
    with pytest.raises(DeviceError, match="pip install tflite-runtime"):
        find_runtime("tflite-runtime")
    monkeypatch.setattr(runtimes, "installed_runtimes", list)
    with pytest.raises(DeviceError, match="No TFLite runtime is installed"):
        find_runtime("auto")


def test_tflite_runtime_with_numpy_2_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes.np, "__version__", "2.1.0")
    with pytest.raises(DeviceError, match="pip install 'numpy<2'"):
        find_runtime("tflite-runtime")


def test_a_wrong_number_of_values(reference: Bundle) -> None:
    model = local_model(reference.model("head"), name="voice head")
    with pytest.raises(BundleError, match="The voice head takes"):
        model(np.zeros(3, np.float32))


@pytest.mark.parametrize(
    ("scheme", "tolerance"), [("int8", 0.05), ("16x8", 0.02), ("float32", 1e-5)]
)
@pytest.mark.parametrize("runtime", ["litert", "tflite-runtime"])
def test_every_kind_of_numbers(network, scheme: str, tolerance: float, runtime: str) -> None:
    rng = np.random.default_rng(0)
    weights, offset = rng.normal(0, 0.3, (12, 5)), rng.normal(0, 0.3, 5)
    model = local_model(network(weights, offset, (12,), (5,), scheme), find_runtime(runtime))
    values = rng.normal(0, 0.7, (1, 12)).astype(np.float32)
    given = model(values)
    assert given.dtype == np.float32
    expected = values @ weights + offset
    np.testing.assert_allclose(given, expected, atol=tolerance * np.abs(expected).max())


def test_16x8_holds_what_int8_cannot(network) -> None:
    """Numbers of very different size, in one tensor."""
    scales = np.array([[1.0, 1e-3]])
    values = np.array([[0.8, 0.5]], np.float32)
    models = {
        scheme: local_model(
            network(np.eye(2) * scales, np.zeros(2), (2,), (2,), scheme), find_runtime()
        )
        for scheme in ("int8", "16x8")
    }
    assert models["int8"](values)[0, 1] == pytest.approx(5e-4, abs=0.02)
    assert models["16x8"](values)[0, 1] == pytest.approx(5e-4, abs=1e-4)


def test_what_is_too_large_is_cut_off(network) -> None:
    for scheme in ("int8", "16x8"):
        model = local_model(network(np.eye(3), np.zeros(3), (3,), (3,), scheme))
        huge = model(np.array([1e30, -1e30, 0], np.float32)).ravel()
        assert huge[0] > 1
        assert huge[1] < -1
        assert abs(huge[2]) < 0.1


def detail(dtype: type, scales: list[float], zero_points: list[int]) -> dict[str, object]:
    return {
        "dtype": dtype,
        "quantization_parameters": {
            "scales": np.array(scales, np.float32), "zero_points": np.array(zero_points),
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (detail(np.int8, [], []), "int8 without one scale"),
        (detail(np.int8, [0.1, 0.2], [0, 0]), "int8 without one scale"),
        (detail(np.int16, [0.0], [0]), "int16 without one scale"),
        (detail(np.uint8, [-1.0], [0]), "uint8 without one scale"),
        (detail(np.int8, [float("nan")], [0]), "int8 without one scale"),
        (detail(np.int8, [0.1], []), "int8 without one scale"),
        (detail(np.int64, [0.1], [0]), "holds int64; int8, uint8, int16 or float32 is wanted"),
        (detail(np.float16, [], []), "holds float16"),
        (detail(np.bool_, [], []), "holds bool"),
    ],
)
def test_tensors_that_cannot_be_read(given: dict[str, object], words: str) -> None:
    with pytest.raises(BundleError, match=f"^The trunk's input .*{words}"):
        tensor_numbers(given, "The trunk's input")


def test_numbers_are_stored_to_the_nearest_step() -> None:
    for dtype, limits in ((np.int8, 127), (np.int16, 32767), (np.uint8, 255)):
        numbers = tensor_numbers(detail(dtype, [0.5], [3]), "it")
        stored = numbers.stored(np.array([0.0, 0.74, 0.76, 1e9], np.float32))
        assert stored.dtype == dtype
        assert stored.tolist() == [3, 4, 5, limits]
        np.testing.assert_array_equal(numbers.real(stored)[:3], [0.0, 0.5, 1.0])
