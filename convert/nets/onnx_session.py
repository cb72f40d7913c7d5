"""Run an ONNX graph with onnxruntime, in TFLite's layout."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnxruntime as ort

from convert.errors import ConvertError
from convert.nets.axes import channels_first, channels_last
from convert.nets.net import Floats
from convert.nets.static_graph import Ends


class Session:
    """A graph run with a batch of 1; channels are first inside, unless `ends` says otherwise."""

    def __init__(self, graph: Path, output: str | None = None, ends: Ends | None = None) -> None:
        try:
            self._session = ort.InferenceSession(os.fspath(graph), _options())
        except Exception as error:  # onnxruntime's own errors have no common base
            raise ConvertError(f"onnxruntime cannot run the ONNX graph: {error}") from error
        self._input = self._session.get_inputs()[0]
        self._outputs = [output] if output else None
        self._ends = ends or Ends()

    def __call__(self, values: Floats) -> Floats:
        """Outputs `(n, …)` for `(n, …)`, one sample at a time; maps are (n, H, W, C)."""
        given = values if self._ends.input_last else channels_first(values)
        shape = (1, *self._input.shape[1:])
        return np.concatenate([self._run(sample.reshape(shape)) for sample in given])

    def _run(self, sample: Floats) -> Floats:
        output = self._session.run(self._outputs, {self._input.name: sample})[0]
        if self._ends.output_last:
            return output
        if self._ends.output_shape:
            output = output.reshape(self._ends.output_shape)
        if output.ndim == 3:
            output = output[:, :, None]
        return channels_last(output)


def merge(graph: Path) -> None:
    """Compute in the graph's file what no input changes, and merge BatchNorm, scales and shifts
    into the convolutions before them; only ONNX's own operators come out."""
    merged = graph.with_suffix(".merged.onnx")
    options = _options()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = os.fspath(merged)
    try:
        ort.InferenceSession(os.fspath(graph), options)
    except Exception as error:
        raise ConvertError(f"onnxruntime cannot run the ONNX graph: {error}") from error
    merged.replace(graph)


def _options() -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.log_severity_level = 4
    # packed weights are a second copy of them
    options.add_session_config_entry("session.disable_prepacking", "1")
    return options
