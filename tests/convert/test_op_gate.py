"""The gate refuses what boards cannot run, each with its reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import flatbuffers
import pytest
from tensorflow import lite
from tensorflow.lite.python import schema_py_generated as schema

from convert.errors import ConvertError
from convert.network import Converted
from convert.op_gate import inspect, require


def changed(content: bytes, change: Callable[[Any], None]) -> bytes:
    """A `.tflite` file with `change` made to its model."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content))
    change(model)
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def operator(model: Any, code: int, custom: str | None = None, version: int = 1) -> None:
    """Make the first operator another one."""
    place = model.subgraphs[0].operators[0].opcodeIndex
    model.operatorCodes[place].builtinCode = code
    model.operatorCodes[place].deprecatedBuiltinCode = min(code, 127)
    model.operatorCodes[place].customCode = custom
    model.operatorCodes[place].version = version


def test_an_int8_model_passes(encoder: Converted, decoder: Converted) -> None:
    assert inspect(encoder.content).passed
    assert inspect(decoder.content).refusals == ()


def test_a_float_model_is_refused(saved_encoder: Path) -> None:
    content = lite.TFLiteConverter.from_saved_model(str(saved_encoder)).convert()
    refusals = " ".join(inspect(content).refusals)
    assert "is FLOAT32, not INT8" in refusals
    assert "CONV_2D has a FLOAT32 tensor: it was not quantized" in refusals


@pytest.mark.parametrize(
    ("name", "code", "custom", "version", "reason"),
    [
        ("custom", schema.BuiltinOperator.CUSTOM, "edgetpu-custom-op", 1, "custom operator"),
        ("flex", schema.BuiltinOperator.CUSTOM, "FlexErf", 1, "no board's runtime has it"),
        ("transpose", schema.BuiltinOperator.TRANSPOSE, None, 1, "TRANSPOSE is refused"),
        ("quantize", schema.BuiltinOperator.QUANTIZE, None, 1, "Use int8 input and output"),
        ("new", schema.BuiltinOperator.CONV_2D, None, 6, "not a grouped one"),
        ("other", schema.BuiltinOperator.STABLEHLO_SCATTER, None, 1, "not among the int8"),
    ],
)
def test_an_operator_is_refused_with_its_reason(
    encoder: Converted, name: str, code: int, custom: str | None, version: int, reason: str
) -> None:
    content = changed(encoder.content, lambda model: operator(model, code, custom, version))
    with pytest.raises(ConvertError, match=f"The {name} does not pass the op gate.*{reason}"):
        require(content, name)


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(ConvertError, match=r"not a \.tflite file"):
        inspect(b"something else entirely")


def test_control_flow_is_refused(encoder: Converted) -> None:
    content = changed(encoder.content, lambda model: model.subgraphs.append(model.subgraphs[0]))
    with pytest.raises(ConvertError, match="2 subgraphs"):
        inspect(content)
