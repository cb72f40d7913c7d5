"""Errors of the conversion, beside those of `edge`."""

from __future__ import annotations

from edge.errors import EdgeError


class ConvertError(EdgeError):
    """A network that cannot be converted, or that loses too much by it."""


class ModelFileError(ConvertError):
    """A `.tflite` file that is damaged, or is none."""

    exit_code = 4


class CheckpointError(EdgeError):
    """A checkpoint that is damaged, hostile, or not what the recipe says."""

    exit_code = 4
