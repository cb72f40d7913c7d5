"""What the conversion to a bundle needs besides the network: tables and examples."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from convert.reference.face.landmarks import MEASURES, fit_measures
from convert.reference.face.parameters import table
from convert.reference.face.render_dataset import load_measures, load_shards

_EXAMPLES = 500


def write_examples(shards: list[Path], work: Path) -> list[Path]:
    """Write `parameters.json`, `measures.json` and `representative.npz` below `work`."""
    fitted = fit_measures(*load_measures(shards))
    measures = {
        "names": [measure.name for measure in MEASURES],
        "meanings": [f"{measure.meaning} x 100 (Farkas 1994)" for measure in MEASURES],
        "weights": fitted.weights.round(5).tolist(),
        "bias": fitted.bias.round(5).tolist(),
        "r_squared": fitted.r_squared.round(4).tolist(),
    }
    parameters, _ = load_shards(shards[: -(-_EXAMPLES // 200)])
    paths = [work / name for name in ("parameters.json", "measures.json", "representative.npz")]
    paths[0].write_text(json.dumps(table(), indent=1))
    paths[1].write_text(json.dumps(measures))
    np.savez_compressed(paths[2], parameters=parameters[:_EXAMPLES])
    return paths
