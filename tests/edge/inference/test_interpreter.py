"""Both runtimes are installed here, run the same models, and agree."""

from __future__ import annotations

import numpy as np
import pytest

from edge.errors import BundleError, DeviceError
from edge.inference import interpreter
from edge.inference.bundle import Bundle
from edge.inference.interpreter import Model, find_runtime, installed_runtimes


def test_both_runtimes_are_here() -> None:
    assert installed_runtimes() == ["litert", "tflite-runtime"]
    assert str(find_runtime("litert")).startswith("ai-edge-litert ")
    assert str(find_runtime("tflite-runtime")) == "tflite-runtime 2.14.0"
    assert find_runtime("auto").setting == "litert"


@pytest.mark.parametrize("role", ["trunk", "head", "gender", "age", "face"])
def test_the_runtimes_agree_but_for_rounding(reference: Bundle, role: str) -> None:
    models = [Model(reference.model(role), find_runtime(name)) for name in installed_runtimes()]
    values = np.random.default_rng(1).normal(size=models[0].input_shape).astype(np.float32)
    first, second = (model(values) for model in models)
    steps = np.abs(first - second) / models[0]._out_of.scale
    assert first.shape == models[0].output_shape
    assert first.std() > 0
    # they round differently, layer after layer
    assert np.quantile(steps, 0.98) < 2.5
    assert steps.max() < 6.5


def test_a_runtime_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "installed_runtimes", lambda: ["litert"])
    with pytest.raises(DeviceError, match="pip install tflite-runtime"):
        find_runtime("tflite-runtime")
    monkeypatch.setattr(interpreter, "installed_runtimes", list)
    with pytest.raises(DeviceError, match="No TFLite runtime is installed"):
        find_runtime("auto")


def test_tflite_runtime_with_numpy_2_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter.np, "__version__", "2.1.0")
    with pytest.raises(DeviceError, match="pip install 'numpy<2'"):
        find_runtime("tflite-runtime")


def test_a_wrong_number_of_values(reference: Bundle) -> None:
    model = Model(reference.model("head"), find_runtime(), name="voice head")
    with pytest.raises(BundleError, match="The voice head takes"):
        model(np.zeros(3, np.float32))
