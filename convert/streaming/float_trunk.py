"""A trunk in float TFLite as a network of the build."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np

from convert.errors import ConvertError
from convert.nets.net import Floats, Step
from edge.inference.manifest import Target
from edge.inference.model import Model, local_model


class FloatTrunk:
    """Computes what the board's trunk does, in float. It is converted already (a `Net`)."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    @cached_property
    def _model(self) -> Model:
        return local_model(self._content, threads=2, name="trunk in float")

    @property
    def input_shape(self) -> tuple[int, ...]:
        return self._model.input_shape

    def __call__(self, values: Floats) -> Floats:
        return np.concatenate([self._model(sample[None]) for sample in values])

    def save(self, folder: Path, target: Target) -> tuple[Step, ...]:
        raise NotImplementedError

    def save_onnx(self, path: Path) -> None:
        raise ConvertError("A trunk whose padding was taken off is in TFLite alone.")
