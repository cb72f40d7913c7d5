"""An accelerator's answer is told from a wrong one."""

from __future__ import annotations

import numpy as np
import pytest

from edge.inference.bundle import Bundle
from edge.inference.golden import OTHER_FILE_SHARE, SHARE, golden
from edge.inference.graph import TensorSpec
from edge.inference.interpreter import LocalGraph
from edge.inference.placement import Placement
from edge.inference.tensor import Float32


@pytest.mark.parametrize(
    ("off_by", "share", "said"),
    [
        (0.02, SHARE, ""),
        (0.2, SHARE, "wrong numbers"),
        (0.2, OTHER_FILE_SHARE, ""),
        (1.4, OTHER_FILE_SHARE, "wrong numbers"),
        (np.nan, OTHER_FILE_SHARE, "not numbers"),
    ],
)
def test_how_far_it_may_be_off(off_by: float, share: float, said: str, reference: Bundle) -> None:
    """In shares of the answer's own size, as float32."""
    graph = LocalGraph(reference.model("head"), Placement())
    known = golden(graph)
    right = known.specs[0].numbers.real(known.outputs[0])
    noise = np.random.default_rng(3).choice([-1.0, 1.0], right.shape)
    size = float(np.sqrt(np.mean(right**2)))
    given = (right + off_by * size * noise).astype(np.float32)
    spec = TensorSpec(given.shape, given.dtype, Float32())
    found = known.trouble([given], [spec], share)
    assert (said in found) if said else found == ""


def test_it_is_the_same_from_day_to_day(reference: Bundle) -> None:
    graph = LocalGraph(reference.model("gender"), Placement())
    first, second = golden(graph), golden(graph)
    np.testing.assert_array_equal(first.inputs[0], second.inputs[0])
    assert len(np.unique(first.inputs[0])) > 20  # uses the input's range
