from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from convert.reference.face.landmarks import MEASURES
from convert.reference.face.parameters import INDEX, NAMES
from convert.reference.face.render_dataset import load_shards, sample_shard, shard_path
from convert.reference.face.tables import write_tables


def test_tables_are_written(tmp_path: Path) -> None:
    shards = []
    for number in range(3):
        parameters = sample_shard(7, number)
        width = 60 + 10 * parameters[:, INDEX["nose_width"]] - 5 * parameters[:, INDEX["age"]]
        path = shard_path(tmp_path, number)
        path.parent.mkdir(exist_ok=True)
        np.savez(
            path,
            parameters=parameters,
            pictures=np.zeros((len(parameters), 2, 2, 3), np.uint8),
            measures=np.tile(width[:, None], (1, len(MEASURES))),
        )
        shards.append(path)
    for path in write_tables(shards, tmp_path):
        assert path.is_file()
    measures = json.loads((tmp_path / "measures.json").read_text())
    weights = dict(zip(NAMES, measures["weights"][0], strict=True))
    assert abs(weights["nose_width"] - 10) < 0.2
    assert abs(weights["age"] + 5) < 0.2
    assert weights["hair_grey"] == weights["jaw_open"] == weights["melanin"] == 0
    assert min(measures["r_squared"]) > 0.99
    table = json.loads((tmp_path / "parameters.json").read_text())
    assert [row["name"] for row in table] == list(NAMES)
    assert set(table[0]) == {"name", "low", "high", "default", "role", "meaning"}


def test_shards_are_read_in_order(tmp_path: Path) -> None:
    faces = sample_shard(8, 0, 4)
    np.savez(tmp_path / "a.npz", parameters=faces[:2], pictures=np.zeros((2, 1, 1, 3), np.uint8))
    np.savez(tmp_path / "b.npz", parameters=faces[2:], pictures=np.ones((2, 1, 1, 3), np.uint8))
    parameters, pictures = load_shards([tmp_path / "a.npz", tmp_path / "b.npz"])
    assert np.array_equal(parameters, faces)
    assert pictures[:, 0, 0, 0].tolist() == [0, 0, 1, 1]
