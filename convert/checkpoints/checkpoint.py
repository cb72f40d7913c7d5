"""A file with trained weights, read without running anything that it contains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]

Kind = Literal["pytorch", "keras-weights", "keras-model", "onnx"]
"""what wrote the file: `keras-weights` is an .h5 with weights by layer name and no architecture;
`keras-model` a .keras, an .h5 with architecture, or a SavedModel folder"""


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds. Graphs (onnx, keras-model) are read by their families from `path`."""

    path: Path
    kind: Kind
    sha256: str
    """of the file; of a folder, of its files' names and contents"""
    tensors: Mapping[str, Array]
    """weights by name, prefixes taken off: `layer1.0.weight`, `conv2d_3/kernel`; none in graphs"""
    wrapping: tuple[str, ...] = ()
    """what was taken off to reach the weights: `model_state_dict`, `module.`"""
