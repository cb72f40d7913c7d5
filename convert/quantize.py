"""A float SavedModel → TFLite with int8 weights, activations, input and output."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from convert.errors import ConvertError
from convert.export import Floats
from convert.quiet import quiet


def quantize(folder: Path, representative: Floats) -> bytes:
    """The `.tflite` file, quantized after training (Jacob et al. 2018).

    `representative`: `(samples, *input shape without the batch) float32`, inputs as the board
    will see them; they set the range of every activation. Raises ConvertError.
    """
    if not len(representative):
        raise ConvertError("There are no representative inputs. Quantizing needs a few hundred.")
    with quiet("Quantizing"):
        import tensorflow as tf

        def samples() -> Iterator[list[Floats]]:
            for sample in representative:
                yield [sample[None]]

        converter = tf.lite.TFLiteConverter.from_saved_model(str(folder))
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = samples
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        # int8: uint8 would add a QUANTIZE at either end
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
        return bytes(converter.convert())
