"""A network in this process, run by a TFLite runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from edge.errors import BundleError
from edge.inference.graph import Stored, TensorSpec
from edge.inference.placement import Placement
from edge.inference.tensor import tensor_numbers
from edge.quiet import quiet_stderr


class LocalGraph:
    """A `.tflite` file, loaded and ready (a `Graph`).

    A delegate that crashes takes the process with it: `edge.inference.worker` runs this class in
    a process of its own.
    """

    def __init__(self, content: bytes, placement: Placement, name: str = "model") -> None:
        self._name, self._runtime = name, placement.runtime
        try:
            with quiet_stderr():  # "Created TensorFlow Lite XNNPACK delegate for CPU."
                self._interpreter = _interpreter(content, placement)
                self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise self._error(error) from error
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        self.inputs = tuple(_spec(each, f"The {name}'s input") for each in inputs)
        self.outputs = tuple(_spec(each, f"The {name}'s output") for each in outputs)
        self._into = [each["index"] for each in inputs]
        self._out_of = [each["index"] for each in outputs]

    def run(self, values: Sequence[Stored]) -> list[Stored]:
        try:
            for index, value in zip(self._into, values, strict=True):
                self._interpreter.set_tensor(index, value)
            self._interpreter.invoke()
            return [self._interpreter.get_tensor(index) for index in self._out_of]
        except (RuntimeError, ValueError) as error:
            raise self._error(error) from error

    def close(self) -> None:
        self._interpreter = None

    def _error(self, error: Exception) -> BundleError:
        return BundleError(f"The {self._name} cannot be run by {self._runtime}: {error}.")


def _interpreter(content: bytes, placement: Placement) -> Any:
    module, delegate = placement.runtime.module, placement.delegate
    resolvers = module.OpResolverType
    return module.Interpreter(
        model_content=content,
        num_threads=placement.threads,
        experimental_delegates=(
            [module.load_delegate(delegate.library, dict(delegate.options))] if delegate else None
        ),
        experimental_op_resolver_type=(
            resolvers.AUTO if placement.xnnpack else resolvers.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        ),
    )


def _spec(detail: Mapping[str, Any], subject: str) -> TensorSpec:
    return TensorSpec(
        shape=tuple(int(n) for n in detail["shape"]),
        dtype=np.dtype(detail["dtype"]),
        numbers=tensor_numbers(detail, subject),
    )
