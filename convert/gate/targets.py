"""Which operators each kind of board runs, as published or, where nothing is published, measured.

`MEASURED` and `XNNPACK` come from one small graph per operator, made by TensorFlow 2.19 and run by
tflite-runtime 2.14 and ai-edge-litert 2.1 (x86-64): which versions the runtimes register, whether
they run it, whether they agree with float, and which nodes XNNPACK replaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.inference.manifest import Target

MEASURED = {
    "ABS": 5,
    "ADD": 5,
    "AVERAGE_POOL_2D": 3,
    "CONCATENATION": 4,
    "CONV_2D": 7,
    "DEPTHWISE_CONV_2D": 7,
    "DEPTH_TO_SPACE": 2,
    "EXPAND_DIMS": 1,
    "FULLY_CONNECTED": 10,
    "GATHER": 6,
    "HARD_SWISH": 1,
    "L2_NORMALIZATION": 2,
    "LEAKY_RELU": 2,
    "LOGISTIC": 3,
    "MAXIMUM": 4,
    "MAX_POOL_2D": 3,
    "MEAN": 3,
    "MINIMUM": 4,
    "MIRROR_PAD": 3,
    "MUL": 7,
    "PACK": 4,
    "PAD": 4,
    "PADV2": 4,
    "QUANTIZE": 3,
    "REDUCE_MAX": 3,
    "REDUCE_MIN": 3,
    "RELU": 3,
    "RELU6": 3,
    "RESHAPE": 1,
    "RESIZE_BILINEAR": 4,
    "RESIZE_NEAREST_NEIGHBOR": 4,
    "RSQRT": 2,
    "SLICE": 6,
    "SOFTMAX": 3,
    "SPACE_TO_DEPTH": 2,
    "SPLIT": 4,
    "SQUEEZE": 2,
    "STRIDED_SLICE": 8,
    "SUB": 5,
    "SUM": 2,
    "TANH": 3,
    "TRANSPOSE_CONV": 4,
}
"""int8 operators → newest version that both runtimes register.

BATCH_MATMUL is left out: in int8 litert's XNNPACK was 67 output steps off float, tflite-runtime
1.4."""

WIDE = frozenset(MEASURED) - {
    "DEPTH_TO_SPACE",  # the converter has no 16x8 form of these four
    "HARD_SWISH",
    "L2_NORMALIZATION",
    "SPACE_TO_DEPTH",
    "PADV2",  # the padding's value stays float, which both runtimes refuse
    "RSQRT",  # litert alone has an int16 kernel
    "SUM",  # both run it, with different wrong results; MEAN is right
}
"""operators that both runtimes run with int16 activations, int8 weights and int64 biases"""

CORAL = {
    "ADD": 2,
    "AVERAGE_POOL_2D": 2,
    "CONCATENATION": 2,
    "CONV_2D": 3,
    "DEPTHWISE_CONV_2D": 3,
    "EXPAND_DIMS": 1,
    "FULLY_CONNECTED": 4,
    "L2_NORMALIZATION": 2,
    "LOGISTIC": 2,
    "MAXIMUM": 2,
    "MAX_POOL_2D": 2,
    "MEAN": 2,
    "MINIMUM": 2,
    "MUL": 2,
    "PACK": 2,
    "PAD": 2,
    "PRELU": 1,
    "QUANTIZE": 2,
    "REDUCE_MAX": 2,
    "REDUCE_MIN": 2,
    "RELU": 2,
    "RELU6": 2,
    "RELU_N1_TO_1": 1,
    "RESHAPE": 1,
    "RESIZE_BILINEAR": 2,
    "RESIZE_NEAREST_NEIGHBOR": 2,
    "RSQRT": 2,
    "SLICE": 2,
    "SOFTMAX": 2,
    "SPACE_TO_DEPTH": 2,
    "SPLIT": 2,
    "SQUARED_DIFFERENCE": 2,
    "SQUEEZE": 1,
    "STRIDED_SLICE": 2,
    "SUB": 2,
    "SUM": 2,
    "TANH": 2,
    "TRANSPOSE_CONV": 3,
}
"""coral.ai/docs/edgetpu/models-intro, "Supported operations" (runtime 14), LSTM and TRANSPOSE
apart: an LSTM keeps an int16 state, and a TRANSPOSE is refused on every target.

The list says nothing of versions. These are the ones that TensorFlow 2.19 writes for a plain int8
operator. Compiler 16 (2021) does not parse newer ones: "Didn't find op for builtin opcode 'CONV_2D'
version '6'", a grouped convolution (google-coral/edgetpu issue 631); 'TRANSPOSE_CONV' version '4',
a fused activation (issue 845). Version 3 of the resizers, half-pixel centres or aligned corners, is
parsed but left to the CPU: "Operation version not supported" (issues 187, 396, 420); nearest-
neighbour resizing without them is mapped (ultralytics/yolov5 pull request 1127)."""

XNNPACK = frozenset(
    {
        "ADD",
        "CONCATENATION",
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
        "DEPTH_TO_SPACE",
        "EXPAND_DIMS",
        "FULLY_CONNECTED",
        "LEAKY_RELU",
        "LOGISTIC",
        "MAX_POOL_2D",
        "MEAN",
        "MUL",
        "PAD",
        "QUANTIZE",
        "REDUCE_MAX",
        "REDUCE_MIN",
        "RESHAPE",
        "RESIZE_BILINEAR",
        "SLICE",
        "SPACE_TO_DEPTH",
        "SPLIT",
        "SQUEEZE",
        "STRIDED_SLICE",
        "SUB",
        "SUM",
        "TANH",
        "TRANSPOSE_CONV",
    }
)
"""Operators that TensorFlow Lite's XNNPACK delegate takes in int8 (tensorflow/lite/delegates/
xnnpack/README.md, "Quantized Operators", and measured with litert 2.1)."""

GPU = frozenset(
    {
        "ADD",
        "AVERAGE_POOL_2D",
        "CONCATENATION",
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
        "EXP",
        "FULLY_CONNECTED",
        "LOGICAL_AND",
        "LOGISTIC",
        "LSTM",
        "MAX_POOL_2D",
        "MAXIMUM",
        "MINIMUM",
        "MUL",
        "PAD",
        "PRELU",
        "RELU",
        "RELU6",
        "RESHAPE",
        "RESIZE_BILINEAR",
        "SOFTMAX",
        "STRIDED_SLICE",
        "SUB",
        "TRANSPOSE_CONV",
    }
)
"""tensorflow.org/lite/performance/gpu, "GPU ML operations support". The versions there are those of
float; the delegate takes the int8 ones where support of quantized models is on."""


@dataclass(frozen=True)
class Rules:
    """What one target takes."""

    versions: Mapping[str, int]
    """operators → newest version"""
    activations: tuple[str, ...]
    """types of the values that pass between operators"""
    passes: str
    """what a model that passes is said to do"""


RULES: dict[Target, Rules] = {
    "cpu": Rules(MEASURED, ("INT8", "INT16"), "It passes: tflite-runtime 2.14 and litert run it."),
    "coral": Rules(CORAL, ("INT8",), "It passes the Edge TPU op gate."),
    "jetson": Rules(MEASURED, ("INT8",), "It passes: int8, with XNNPACK for the arithmetic."),
}

REASONS = {
    "TRANSPOSE": "a change of layout costs time at every run and stops delegates. "
    "Permute the weights before it instead",
    "DEQUANTIZE": "part of the model runs in float. Every operator must have an int8 form",
    "TILE": "an upsampling was written as TILE. Use nearest-neighbour resizing",
    "SHAPE": "a shape is computed at every run. Give the network a static batch of 1",
    "DEPTH_TO_SPACE": "it is not on Coral's list. Use nearest-neighbour resizing and a convolution",
    "BATCH_MATMUL": "the runtimes disagree on it in int8. Use a dense layer with constant weights",
}
"""why an operator that its target does not list is refused, and what to do"""

NEWER = {
    "CONV_2D": "Use a full or a depthwise convolution, not a grouped one",
    "FULLY_CONNECTED": "Give the dense layer a bias, and an input of shape (1, n)",
    "RESIZE_BILINEAR": "Resize without half_pixel_centers and align_corners",
    "RESIZE_NEAREST_NEIGHBOR": "Resize without half_pixel_centers and align_corners: "
    "by a whole factor the picture is the same",
    "TRANSPOSE_CONV": "Put the activation into an operator of its own",
}
"""what to do about an operator that is newer than its target takes"""
