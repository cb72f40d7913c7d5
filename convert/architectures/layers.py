"""Layers that are made from weights, which they do not copy."""

from __future__ import annotations

from torch import Tensor, nn


def convolution(
    weight: Tensor, bias: Tensor | None, stride: tuple[int, int], padding: tuple[int, int]
) -> nn.Conv2d:
    """A convolution with these weights `(outputs, inputs, height, width)`."""
    outputs, inputs, *_ = weight.shape
    kernel = weight.shape[2], weight.shape[3]
    made = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=bias is not None, device="meta")
    made.weight = nn.Parameter(weight.detach(), requires_grad=False)
    if bias is not None:
        made.bias = nn.Parameter(bias.detach(), requires_grad=False)
    return made


def dense(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    """A dense layer with these weights `(outputs, inputs)`."""
    outputs, inputs = weight.shape
    made = nn.Linear(inputs, outputs, bias=bias is not None, device="meta")
    made.weight = nn.Parameter(weight.detach(), requires_grad=False)
    if bias is not None:
        made.bias = nn.Parameter(bias.detach(), requires_grad=False)
    return made
