"""Keras' weights-only .h5 files, written by Keras 2 and Keras 3 themselves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from convert.checkpoints import hdf5_probe
from convert.checkpoints.keras_weights import read_keras_weights
from convert.checkpoints.reader import read_checkpoint
from convert.errors import CheckpointError

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

NAMES = {
    "conv2d/kernel",
    "conv2d/bias",
    "batch_normalization/gamma",
    "batch_normalization/beta",
    "batch_normalization/moving_mean",
    "batch_normalization/moving_variance",
    "conv2d_1/kernel",
    "dense/kernel",
    "dense/bias",
}


def model(keras: Any) -> Any:
    keras.backend.clear_session()
    layers = keras.layers
    made = keras.Sequential(
        [
            layers.Input((6, 5, 2)),
            layers.Conv2D(3, 2, activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2D(3, 2, use_bias=False),
            layers.Flatten(),
            layers.Dense(4),
        ]
    )
    random = np.random.default_rng(0)
    made.set_weights([random.random(weight.shape) for weight in made.get_weights()])
    return made


@pytest.fixture(scope="module")
def keras_2() -> Any:
    import tf_keras

    return model(tf_keras)


@pytest.fixture(scope="module")
def keras_3() -> Any:
    import keras

    return model(keras)


def test_keras_2_weights_are_read_by_layer(keras_2: Any, tmp_path: Path) -> None:
    keras_2.save_weights(tmp_path / "weights.h5")
    checkpoint = read_checkpoint(tmp_path / "weights.h5")
    assert checkpoint.kind == "keras-weights"
    assert set(checkpoint.tensors) == NAMES
    _are_those_of(keras_2, checkpoint.tensors)


def test_keras_3_weights_get_the_same_names(keras_3: Any, tmp_path: Path) -> None:
    keras_3.save_weights(tmp_path / "model.weights.h5")
    checkpoint = read_checkpoint(tmp_path / "model.weights.h5")
    assert checkpoint.kind == "keras-weights"
    assert set(checkpoint.tensors) == NAMES
    _are_those_of(keras_3, checkpoint.tensors)


def _are_those_of(model: Any, tensors: Any) -> None:
    kernel, bias = model.layers[0].get_weights()
    np.testing.assert_array_equal(tensors["conv2d/kernel"], kernel)
    np.testing.assert_array_equal(tensors["conv2d/bias"], bias)
    for name, values in zip(
        ("gamma", "beta", "moving_mean", "moving_variance"),
        model.layers[1].get_weights(),
        strict=True,
    ):
        np.testing.assert_array_equal(tensors[f"batch_normalization/{name}"], values)
    np.testing.assert_array_equal(tensors["conv2d_1/kernel"], model.layers[2].get_weights()[0])
    np.testing.assert_array_equal(tensors["dense/kernel"], model.layers[4].get_weights()[0])


def test_a_whole_model_is_left_to_its_family(keras_2: Any, keras_3: Any, tmp_path: Path) -> None:
    keras_2.save(tmp_path / "old.h5")
    keras_3.save(tmp_path / "new.keras")
    for name in ("old.h5", "new.keras"):
        checkpoint = read_checkpoint(tmp_path / name)
        assert (checkpoint.kind, dict(checkpoint.tensors)) == ("keras-model", {})


def test_weights_under_model_weights_are_found(keras_2: Any, tmp_path: Path) -> None:
    keras_2.save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5", "a") as file:
        del file.attrs["model_config"]
    checkpoint = read_checkpoint(tmp_path / "model.h5")
    assert (checkpoint.kind, checkpoint.wrapping) == ("keras-weights", ("model_weights",))
    assert set(checkpoint.tensors) == NAMES


def test_layers_within_a_layer_keep_their_names(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["layer_names"] = ["both"]
        both = file.create_group("both")
        both.attrs["weight_names"] = ["a/kernel:0", "b/kernel:0"]
        both["a/kernel:0"], both["b/kernel:0"] = np.ones(2), np.zeros(2)
    assert set(read_checkpoint(tmp_path / "w.h5").tensors) == {"both/a/kernel", "both/b/kernel"}


@pytest.mark.parametrize("link", ["external", "soft", "virtual", "storage"])
def test_weights_outside_the_file_are_not_read(tmp_path: Path, link: str) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["secret"] = np.ones(2)
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["layer_names"] = ["dense"]
        dense = file.create_group("dense")
        dense.attrs["weight_names"] = ["kernel:0"]
        if link == "external":
            dense["kernel:0"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "secret")
        elif link == "soft":
            dense["kernel:0"] = h5py.SoftLink("/dense")
        elif link == "storage":
            dense.create_dataset(
                "kernel:0", (2,), "f4", external=[(str(tmp_path / "other.h5"), 0, 8)]
            )
        else:
            layout = h5py.VirtualLayout((2,), "f8")
            layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "secret", (2,))
            dense.create_virtual_dataset("kernel:0", layout)
    with pytest.raises(CheckpointError, match=r"dense/kernel(, and lacks them|.* in the file)"):
        read_checkpoint(tmp_path / "w.h5")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.array([1.0, np.nan]), "NaN or infinite values in dense/kernel"),
        (np.array([b"text"]), "no plain array of numbers"),
    ],
)
def test_what_are_no_numbers_is_refused(tmp_path: Path, values: Any, reason: str) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["layers/dense/vars/0"] = values
    with pytest.raises(CheckpointError, match=reason):
        read_keras_weights(tmp_path / "w.h5")


def test_an_array_that_claims_too_much_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:  # nothing of it is written
        file.create_dataset("layers/dense/vars/0", (2**16, 2**15), "f4", chunks=(1024, 1024))
    assert (tmp_path / "w.h5").stat().st_size < 100_000
    with pytest.raises(CheckpointError, match=r"claims 8\.6 GB"):
        read_checkpoint(tmp_path / "w.h5")


def test_groups_that_contain_themselves_end(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        layers = file.create_group("layers")
        layers["again"] = layers
    with pytest.raises(CheckpointError, match="damaged"):
        read_checkpoint(tmp_path / "w.h5")


def damaged(path: Path, after: bytes, place: int, value: int) -> Path:
    """A file of weights with one byte changed, so far after some others."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = ["dense"]
        file["dense/kernel"] = np.ones(3)
    content = bytearray(path.read_bytes())
    content[content.index(after) + place] = value
    path.write_bytes(content)
    return path


def test_a_file_that_crashes_the_library_does_not_crash_the_program(tmp_path: Path) -> None:
    path = damaged(tmp_path / "w.h5", b"layer_names", 17, 0xFF)
    with pytest.raises(CheckpointError, match="crashes the HDF5 library"):
        read_checkpoint(path)


def test_a_file_that_keeps_the_library_busy_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hdf5_probe, "LONGEST_S", 5.0)
    path = damaged(tmp_path / "w.h5", b"GCOL", 24, 0xFF)
    with pytest.raises(CheckpointError, match="does not come to an end"):
        read_checkpoint(path)


def test_a_file_without_weights_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["features"] = np.ones(3)
    with pytest.raises(CheckpointError, match="HDF5 file without Keras weights"):
        read_checkpoint(tmp_path / "w.h5")


def test_a_truncated_file_is_refused(keras_2: Any, tmp_path: Path) -> None:
    keras_2.save_weights(tmp_path / "w.h5")
    content = (tmp_path / "w.h5").read_bytes()
    (tmp_path / "w.h5").write_bytes(content[: len(content) // 2])
    with pytest.raises(CheckpointError, match="damaged or cut off"):
        read_checkpoint(tmp_path / "w.h5")


def test_a_group_that_contains_itself_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.weights.h5", "w") as file:
        layers = file.create_group("layers")
        layers["again"] = layers
    with pytest.raises(CheckpointError, match="without end"):
        read_checkpoint(tmp_path / "a.weights.h5")
