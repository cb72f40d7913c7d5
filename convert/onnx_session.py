"""Run an ONNX graph with onnxruntime, in TFLite's layout."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnxruntime as ort

from convert.axes import channels_first, channels_last
from convert.errors import ConvertError
from convert.net import Floats


class Session:
    """A graph with one input and one output, a batch of 1, channels first inside."""

    def __init__(self, graph: Path | bytes) -> None:
        options = ort.SessionOptions()
        options.log_severity_level = 4
        # packed weights are a second copy of them
        options.add_session_config_entry("session.disable_prepacking", "1")
        source = os.fspath(graph) if isinstance(graph, Path) else graph
        try:
            self._session = ort.InferenceSession(source, options)
        except Exception as error:  # onnxruntime's own errors have no common base
            raise ConvertError(f"onnxruntime cannot run the ONNX graph: {error}") from error
        self._input = self._session.get_inputs()[0].name

    def __call__(self, values: Floats) -> Floats:
        """Outputs `(n, …)` for `(n, …)`, one sample at a time; maps are (n, H, W, C)."""
        given = channels_first(values)
        outputs = [
            self._session.run(None, {self._input: given[i : i + 1]})[0] for i in range(len(given))
        ]
        return channels_last(np.concatenate(outputs))


def folded(source: Path, target: Path) -> None:
    """Write the graph with everything computed that no input changes, and BatchNorm, scales and
    shifts merged into the convolutions before them, in plain ONNX operators."""
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = os.fspath(target)
    options.add_session_config_entry("session.disable_prepacking", "1")
    try:
        ort.InferenceSession(os.fspath(source), options)
    except Exception as error:
        raise ConvertError(f"onnxruntime cannot run the ONNX graph: {error}") from error
