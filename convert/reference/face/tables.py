"""What the recipe needs besides the network: tables of parameters and measures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from convert.reference.face.landmarks import MEASURES, fit_measures
from convert.reference.face.parameters import PARAMETERS, table
from convert.reference.face.render_dataset import load_measures


def write_tables(shards: list[Path], work: Path) -> list[Path]:
    """Write `parameters.json` and `measures.json` below `work`."""
    # Only what shapes the head: grey hair goes with age, but moves no bone.
    shaping = np.array([p.role in ("identity", "demographic") for p in PARAMETERS])
    faces, measured = load_measures(shards)
    fitted = fit_measures(faces[:, shaping], measured)
    weights = np.zeros((len(MEASURES), len(PARAMETERS)))
    weights[:, shaping] = fitted.weights
    measures = {
        "names": [measure.name for measure in MEASURES],
        "meanings": [f"{measure.meaning} x 100 (Farkas 1994)" for measure in MEASURES],
        "weights": weights.round(5).tolist(),
        "bias": fitted.bias.round(5).tolist(),
        "r_squared": fitted.r_squared.round(4).tolist(),
    }
    paths = [work / name for name in ("parameters.json", "measures.json")]
    paths[0].write_text(json.dumps(table(), indent=1))
    paths[1].write_text(json.dumps(measures))
    return paths
