"""Small networks as TFLite files, and a bundle of them that uses all that schema 2 has."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.face.landmarks import SCHEMES
from edge.voice.front_ends import front_end

SIZE, POINTS, VECTOR, FEATURE, SHARED = 16, 72, 12, 12, 10
WINDOW, HOP = 400 + 160 * 49, 160 * 25

Network = Callable[..., bytes]


@pytest.fixture(scope="session")
def network() -> Network:
    """Makes `activation(x · w + b)` as a `.tflite`: weights, offset, shapes, scheme."""
    import tensorflow as tf

    def make(
        weights: np.ndarray,
        offset: np.ndarray,
        takes: tuple[int, ...],
        gives: tuple[int, ...],
        scheme: str = "int8",
        activation: Callable[[Any], Any] = lambda x: x,
        spread: float = 1.0,
    ) -> bytes:
        @tf.function(input_signature=[tf.TensorSpec((1, *takes), tf.float32)])
        def run(x: Any) -> Any:
            product = tf.matmul(tf.reshape(x, (1, -1)), tf.constant(weights, tf.float32))
            return tf.reshape(activation(product + tf.constant(offset, tf.float32)), (1, *gives))

        converter = tf.lite.TFLiteConverter.from_concrete_functions([run.get_concrete_function()])
        if scheme != "float32":
            rng = np.random.default_rng(0)
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: (
                [rng.normal(0, spread, (1, *takes)).astype(np.float32)] for _ in range(50)
            )
            ops = tf.lite.OpsSet
            converter.target_spec.supported_ops = [
                ops.TFLITE_BUILTINS_INT8
                if scheme == "int8"
                else ops.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
            ]
            converter.inference_input_type = tf.int8 if scheme == "int8" else tf.int16
            converter.inference_output_type = converter.inference_input_type
        return bytes(converter.convert())

    return make


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(array, np.float32))
    return file.getvalue()


def mean_points() -> np.ndarray:
    """72 points inside the picture, those of one `ibug-68` number at one place."""
    places = np.random.default_rng(5).uniform(3, SIZE - 4, (68, 2))
    return places[list(SCHEMES["face-recognition-72"])].astype(np.float32)


@pytest.fixture(scope="session")
def schema_2_files(network: Network) -> dict[str, bytes]:
    """The files of the bundle; the trunk takes (bins, frames), and is float32 for coral."""
    import tensorflow as tf

    rng = np.random.default_rng(1)

    def random(*shape: int) -> np.ndarray:
        return rng.normal(0, shape[0] ** -0.5, shape)

    sound = rng.normal(0, 0.1, WINDOW).astype(np.float32)
    trunk, shared = random(40 * 50, VECTOR), random(FEATURE, SHARED)
    mean = mean_points()
    return {
        "golden/sound.npy": npy(sound),
        "golden/features.npy": npy(front_end("sf2f-logmel40", bins_first=True)(sound)),
        "trunk.tflite": network(trunk, np.zeros(VECTOR), (40, 50), (VECTOR,)),
        "trunk.coral.tflite": network(trunk, np.zeros(VECTOR), (40, 50), (VECTOR,), "float32"),
        "inputs.npy": npy(random(VECTOR, VECTOR)),
        "outputs.npy": npy(random(FEATURE, 2 * VECTOR)),
        "gender.tflite": network(random(FEATURE, 2), np.zeros(2), (FEATURE,), (2,)),
        "shared.tflite": network(
            shared, np.ones(SHARED), (FEATURE,), (SHARED,), "16x8", tf.nn.relu, 0.3
        ),
        "face.tflite": network(
            3 * random(SHARED, SIZE * SIZE * 3), np.zeros(SIZE * SIZE * 3), (SHARED,),
            (SIZE, SIZE, 3), "int8", tf.sigmoid,
        ),
        "landmarks.tflite": network(
            0.5 * random(SHARED, 2 * POINTS), mean.ravel(), (SHARED,), (2 * POINTS,), "16x8"
        ),
        "mean.npy": npy(mean),
        "certificate.json": b"{}",
        "MODEL_CARD.md": b"random weights",
    }  # fmt: skip


MANIFEST: dict[str, Any] = {
    "schema_version": 2,
    "name": "small",
    "version": "1",
    "licence": "Apache-2.0",
    "created_by": "a test",
    "sources": [],
    "files": {},
    "front_end": {
        "name": "sf2f-logmel40",
        "parameters": {},
        "window_samples": WINDOW,
        "hop_samples": HOP,
        "golden": {
            "sound": "golden/sound.npy", "features": "golden/features.npy", "tolerance": 0.01,
        },
        "bins_first": True,
    },
    "voice": {
        "trunk": {"files": {"cpu": "trunk.tflite", "coral": "trunk.coral.tflite"}},
        "head": None,
        "receptive_field_frames": 50,
        "stride_frames": 25,
        "dimensions": FEATURE,
        "pooling": {
            "kind": "attention",
            "inputs": "inputs.npy",
            "outputs": "outputs.npy",
            "unit_vectors": True,
            "tanh": True,
            "most_windows": 8,
        },
        "unit_feature": True,
    },
    "attributes": [
        {
            "kind": "choice",
            "name": "gender",
            "sensitive": False,
            "model": {"files": {"cpu": "gender.tflite"}},
            "classes": ["female", "male"],
            "calibration": {"temperature": 1.0, "threshold": 0.0},
        }
    ],
    "absent": {"age": "not in this bundle"},
    "face": {
        "model": {"files": {"cpu": "face.tflite"}},
        "size": SIZE,
        "shared": {"files": {"cpu": "shared.tflite"}},
        "landmarks": {
            "model": {"files": {"cpu": "landmarks.tflite"}},
            "scheme": "face-recognition-72",
            "mean": "mean.npy",
        },
    },
    "certificate": "certificate.json",
    "model_card": "MODEL_CARD.md",
}  # fmt: skip


@pytest.fixture
def schema_2(schema_2_files: dict[str, bytes], tmp_path: Path, bundle_folder: Any) -> Any:
    """The bundle as a folder that a test may change."""
    made = bundle_folder(tmp_path / "small")
    made.path.mkdir()
    (made.path / "bundle.json").write_text(json.dumps(MANIFEST))
    for name, data in schema_2_files.items():
        made.put(name, data)
    return made


@pytest.fixture(scope="session")
def accelerator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A TFLite delegate, compiled from C, that breaks as its options say."""
    library = tmp_path_factory.mktemp("delegate") / "libaccelerator.so"
    source = Path(__file__).parent / "inference" / "delegates" / "accelerator.c"
    command = ["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, source, "-lm"]
    subprocess.run(command, check=True)
    return library
