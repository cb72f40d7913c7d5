"""One `.tflite` file per operator, by TensorFlow's own converter, and files changed by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import flatbuffers
import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

MAP = (1, 8, 8, 4)
RANDOM = np.random.default_rng(3)
KERNEL = RANDOM.normal(size=(3, 3, 4, 6)).astype(np.float32)
HALF_KERNEL = RANDOM.normal(size=(3, 3, 2, 6)).astype(np.float32)
DEPTHWISE = RANDOM.normal(size=(3, 3, 4, 1)).astype(np.float32)
UP = RANDOM.normal(size=(4, 4, 5, 4)).astype(np.float32)
DENSE = RANDOM.normal(size=(256, 5)).astype(np.float32)
BIAS = RANDOM.normal(size=6).astype(np.float32)
PER_CHANNEL = RANDOM.normal(size=4).astype(np.float32)
PER_VALUE = RANDOM.normal(size=(8, 8, 4)).astype(np.float32)


def _dense(x: Any) -> Any:
    return tf.matmul(tf.reshape(x, (1, 256)), DENSE) + BIAS[:5]


def _upsampled(x: Any) -> Any:
    return tf.nn.conv2d_transpose(x, UP, (1, 16, 16, 5), 2, "SAME")


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "add": lambda x: x + tf.sigmoid(x),
    "average": lambda x: tf.nn.avg_pool2d(x, 2, 2, "VALID"),
    "batch matmul": lambda x: tf.matmul(
        tf.reshape(x, (1, 16, 16)), tf.reshape(tf.sigmoid(x), (1, 16, 16))
    ),
    "concatenation": lambda x: tf.concat([x, tf.sigmoid(x)], 3),
    "constant concatenation": lambda x: tf.concat([x, np.ones(MAP, np.float32)], 3),
    "convolution": lambda x: tf.nn.conv2d(x, KERNEL, 1, "SAME") + BIAS,
    "dense": _dense,
    "depth to space": lambda x: tf.nn.depth_to_space(x, 2),
    "depthwise": lambda x: tf.nn.depthwise_conv2d(x, DEPTHWISE, (1, 1, 1, 1), "SAME") + BIAS[:4],
    "elu": tf.nn.elu,
    "grouped": lambda x: tf.nn.conv2d(x, HALF_KERNEL, 1, "SAME") + BIAS,
    "leaky relu": tf.nn.leaky_relu,
    "logistic": tf.sigmoid,
    "max pool": lambda x: tf.nn.max_pool2d(x, 2, 2, "VALID"),
    "mean": lambda x: tf.reduce_mean(x, (1, 2)),
    "mean over channels": lambda x: tf.reduce_mean(x[:, :, :, :3], 3, keepdims=True),
    "multiplication": lambda x: x * PER_VALUE,
    "pad": lambda x: tf.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))),
    "relu": tf.nn.relu,
    "resize": lambda x: tf.compat.v1.image.resize_nearest_neighbor(x, (16, 16)),
    "resize by halves": lambda x: tf.image.resize(x, (16, 16), "nearest"),
    "reshape": lambda x: tf.reshape(x, (1, 16, 16)),
    "softmax": tf.nn.softmax,
    "split": lambda x: tf.split(x, 2, 3)[0] + tf.split(x, 2, 3)[1],
    "stack": lambda x: tf.stack([x, tf.sigmoid(x)], 0),
    "strided slice": lambda x: x[:, 1:5, :, :],
    "sum": lambda x: tf.reduce_sum(x, (1, 2)),
    "tanh": tf.tanh,
    "tile": lambda x: tf.tile(x, (1, 2, 2, 1)),
    "transpose": lambda x: tf.transpose(x, (0, 2, 1, 3)),
    "transposed": _upsampled,
    "transposed with relu": lambda x: tf.nn.relu(_upsampled(x) + BIAS[:5]),
}
Q = tf.lite.OpsSet
SCHEMES = {
    "int8": (Q.TFLITE_BUILTINS_INT8, tf.int8),
    "16x8": (Q.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8, tf.int16),
}


@cache
def graph(name: str, scheme: str = "int8", batch: int = 1, per_channel: bool = True) -> bytes:
    """A `.tflite` file of one of FUNCTIONS; `scheme` may be `float`; the examples are ±1."""
    shape = (batch, *MAP[1:])
    function = tf.function(
        FUNCTIONS[name], input_signature=[tf.TensorSpec(shape, tf.float32)]
    ).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], tf.Module())
    if scheme != "float":
        operators, kind = SCHEMES[scheme]
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([each] for each in examples(shape))
        converter.target_spec.supported_ops = [operators]
        converter.inference_input_type = converter.inference_output_type = kind
        converter._experimental_disable_per_channel_quantization_for_dense_layers = not per_channel
    return bytes(converter.convert())


def examples(shape: tuple[int, ...] = MAP) -> list[np.ndarray]:
    """Inputs with which a file was quantized."""
    random = np.random.default_rng(1)
    return [random.uniform(-1, 1, shape).astype(np.float32) for _ in range(4)]


def changed(content: bytes, change: Callable[[Any], None]) -> bytes:
    """A `.tflite` file with `change` made to its model."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content))
    change(model)
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def coded(name: str, version: int = 1, custom: str | None = None) -> Callable[[Any], None]:
    """A change that makes the first operator another one."""
    code = getattr(schema.BuiltinOperator, name)

    def change(model: Any) -> None:
        place = model.subgraphs[0].operators[0].opcodeIndex
        model.operatorCodes[place].builtinCode = code
        model.operatorCodes[place].deprecatedBuiltinCode = min(code, 127)
        model.operatorCodes[place].customCode = custom
        model.operatorCodes[place].version = version

    return change


def with_option(name: str, value: int) -> Callable[[Any], None]:
    """A change of an option of the first operator that has it."""

    def change(model: Any) -> None:
        steps = [
            step for step in model.subgraphs[0].operators if hasattr(step.builtinOptions, name)
        ]
        setattr(steps[0].builtinOptions, name, value)

    return change


def with_constant(place: int, values: list[int]) -> Callable[[Any], None]:
    """A change of the first operator's int32 input at `place`."""

    def change(model: Any) -> None:
        graph = model.subgraphs[0]
        tensor = graph.tensors[graph.operators[0].inputs[place]]
        model.buffers[tensor.buffer].data = np.array(values, np.int32).tobytes()

    return change


def with_inputs(*places: int) -> Callable[[Any], None]:
    """A change of the first operator's inputs to those that were at `places`."""

    def change(model: Any) -> None:
        step = model.subgraphs[0].operators[0]
        step.inputs = [step.inputs[place] for place in places]

    return change


def dynamic(model: Any) -> None:
    """A change that leaves the batch open."""
    for tensor in model.subgraphs[0].tensors:
        if len(tensor.shape) == 4:
            tensor.shapeSignature = [-1, *tensor.shape[1:]]
