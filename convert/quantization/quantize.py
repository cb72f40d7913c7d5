"""A float SavedModel → a `.tflite` file, quantized after training (Jacob et al. 2018)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from convert.errors import ConvertError
from convert.nets.net import Floats
from convert.quiet import quiet
from edge.inference.manifest import Target

Scheme = Literal["int8", "16x8"]

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


def quantize(
    folder: Path,
    representative: Floats | Callable[[], Iterable[Floats]],
    *,
    target: Target = "cpu",
    scheme: Scheme = "int8",
) -> bytes:
    """The `.tflite` file with integers throughout, input and output included.

    `representative`: inputs as the board will see them, which set the range of every activation:
    `(samples, …)`, or a function that gives samples one by one, each of the network's input shape
    without its batch. Scheme `int8` has int8 weights and activations; `16x8` int8 weights and
    int16 activations, for the target cpu alone. For coral each dense layer has one scale.
    Raises ConvertError.
    """
    if scheme == "16x8" and target != "cpu":
        raise ConvertError(
            f"The scheme 16x8 is for the target cpu alone; {target} runs int8. Leave the scheme "
            "at int8."
        )
    samples = representative if callable(representative) else lambda: representative
    first = next(iter(samples()), None)
    if first is None:
        raise ConvertError("There are no representative inputs. Quantizing needs a few hundred.")

    def batches() -> Iterator[list[Floats]]:
        for sample in samples():
            yield [sample[None]]

    with quiet("Quantizing"):
        import tensorflow as tf

        converter = _converter(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = batches
        wide = scheme == "16x8"
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
            if wide
            else tf.lite.OpsSet.TFLITE_BUILTINS_INT8
        ]
        # other types would add a QUANTIZE at either end
        converter.inference_input_type = tf.int16 if wide else tf.int8
        converter.inference_output_type = converter.inference_input_type
        if target == "coral":
            converter._experimental_disable_per_channel_quantization_for_dense_layers = True
        return bytes(converter.convert())


def to_float(folder: Path) -> bytes:
    """The `.tflite` file in float32: what int8 is compared with. Raises ConvertError."""
    with quiet("Converting to float TFLite"):
        return bytes(_converter(folder).convert())


def _converter(folder: Path) -> Any:
    import tensorflow as tf

    return tf.lite.TFLiteConverter.from_saved_model(os.fspath(folder))
