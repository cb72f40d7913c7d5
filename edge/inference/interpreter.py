"""One TFLite model, run by `tflite_runtime` or `ai_edge_litert`, whichever is there."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np
import numpy.typing as npt

from edge.errors import BundleError, DeviceError
from edge.inference.tensor import tensor_numbers
from edge.quiet import quiet_stderr

RUNTIMES = {
    "litert": ("ai_edge_litert.interpreter", "ai-edge-litert"),
    "tflite-runtime": ("tflite_runtime.interpreter", "tflite-runtime"),
}
"""setting → (module, distribution), the faster one first: on x86 litert runs int8 several times
faster; elsewhere it has to be measured"""


@dataclass(frozen=True)
class Runtime:
    """A TFLite runtime that is installed."""

    setting: str
    """`litert` or `tflite-runtime`"""
    version: str
    interpreter: Any
    """its `Interpreter` class"""

    def __str__(self) -> str:
        return f"{RUNTIMES[self.setting][1]} {self.version}"


def installed_runtimes() -> list[str]:
    """Settings of the runtimes that are installed, preferred one first."""
    return [
        setting
        for setting, (module, _) in RUNTIMES.items()
        if importlib.util.find_spec(module.partition(".")[0]) is not None
    ]


def find_runtime(setting: str = "auto") -> Runtime:
    """The runtime that the setting asks for. Raises DeviceError if it is not there."""
    installed = installed_runtimes()
    if setting == "auto":
        if not installed:
            raise DeviceError(
                "No TFLite runtime is installed. Run `pip install ai-edge-litert`, or "
                "`pip install tflite-runtime 'numpy<2'` on Python 3.11 and earlier."
            )
        setting = installed[0]
    if setting not in installed:
        have = ", ".join(installed) or "none"
        raise DeviceError(
            f"The runtime {setting} is not installed (found: {have}). "
            f'Run `pip install {RUNTIMES[setting][1]}`, or set [inference] runtime = "auto".'
        )
    module, distribution = RUNTIMES[setting]
    if setting == "tflite-runtime" and int(np.__version__.partition(".")[0]) >= 2:
        raise DeviceError(
            f"tflite-runtime does not work with NumPy {np.__version__}. "
            "Run `pip install 'numpy<2'`, or use --runtime litert."
        )
    try:
        interpreter = importlib.import_module(module).Interpreter
    except (ImportError, OSError) as error:
        raise DeviceError(f"The runtime {setting} cannot be loaded: {error}.") from error
    return Runtime(setting, metadata.version(distribution), interpreter)


class Model:
    """A network with one input and one output: int8, uint8, int16 (of 16x8 graphs) or float32.

    Takes and gives float32; quantizes and dequantizes by the model's own scales.
    """

    def __init__(self, content: bytes, runtime: Runtime, threads: int = 1, name: str = "model"):
        self.name = name
        self._runtime = runtime
        try:
            with quiet_stderr():  # "Created TensorFlow Lite XNNPACK delegate for CPU."
                self._interpreter = runtime.interpreter(model_content=content, num_threads=threads)
                self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise BundleError(f"The {name} cannot be run by {runtime}: {error}.") from error
        inputs, outputs = (
            self._interpreter.get_input_details(),
            self._interpreter.get_output_details(),
        )
        if len(inputs) != 1 or len(outputs) != 1:
            raise BundleError(
                f"The {name} has {len(inputs)} inputs and {len(outputs)} outputs; "
                "one of each is wanted."
            )
        self._input, self._output = inputs[0], outputs[0]
        self._into = tensor_numbers(self._input, f"The {name}'s input")
        self._out_of = tensor_numbers(self._output, f"The {name}'s output")

    @property
    def input_shape(self) -> tuple[int, ...]:
        return tuple(int(n) for n in self._input["shape"])

    @property
    def output_shape(self) -> tuple[int, ...]:
        return tuple(int(n) for n in self._output["shape"])

    def __call__(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Run the network. `values` must have as many elements as the input; float32 out.

        Raises BundleError when the values do not fit, the runtime gives up, or the network gives
        values that are not numbers.
        """
        shape = self.input_shape
        if values.size != np.prod(shape):
            raise BundleError(f"The {self.name} takes {shape}; it was given {values.shape}.")
        try:
            self._interpreter.set_tensor(
                self._input["index"], self._into.stored(values.reshape(shape))
            )
            self._interpreter.invoke()
            given = self._out_of.real(self._interpreter.get_tensor(self._output["index"]))
        except (RuntimeError, ValueError) as error:
            raise BundleError(
                f"The {self.name} cannot be run by {self._runtime}: {error}."
            ) from error
        if not np.all(np.isfinite(given)):
            raise BundleError(
                f"The {self.name} gives values that are not numbers. Convert the model again."
            )
        return given
