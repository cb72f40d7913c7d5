"""The trunk of windows → a trunk of windows without padding, and one that keeps its state.

Both are the same network, on the same weights and scales; only how much of time a run computes is
another. So int8 results do not merely come close: every sum is made of the same integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from convert.errors import ConvertError
from convert.streaming.model_file import ModelFile
from convert.streaming.plan import Plan, Span, spans, stream_plan, window_plan
from convert.streaming.steps import SAME, VALID, Step, same_padding, steps


@dataclass(frozen=True)
class Grid:
    """Where windows may begin."""

    receptive_field: int
    """frames that one position of the last map depends on"""
    stride: int
    """frames from one position to the next"""

    def frames(self, positions: int) -> int:
        """Of the window with so many positions."""
        return self.receptive_field + self.stride * (positions - 1)


def grid(content: bytes, axis: int) -> Grid:
    """Of a trunk whose maps have time on `axis` (1 or 2 of n, H, W, C). Raises ConvertError."""
    model = ModelFile(content)
    found, last = _steps(model, axis)
    span = _spans(model, found)[last]
    return Grid(span.receptive_field, span.stride)


def windowed(content: bytes, axis: int, positions: int) -> bytes:
    """The trunk on windows of `grid.frames(positions)`, with real frames where zeros were."""
    model = ModelFile(content)
    found, _ = _steps(model, axis)
    return _rewritten(model, found, axis, window_plan(found, _features(model), positions))


def streamed(content: bytes, axis: int, positions: int) -> bytes:
    """The trunk on the new frames of so many positions and on the state of those before.

    Inputs: frames, then state. Outputs: the vector that `windowed` gives for the window which
    ends with these frames, then the state for the next run, in the same order.
    """
    model = ModelFile(content)
    found, _ = _steps(model, axis)
    return _rewritten(model, found, axis, stream_plan(found, _features(model), positions))


def _features(model: ModelFile) -> int:
    return int(model.graph.inputs[0])


def _steps(model: ModelFile, axis: int) -> tuple[list[Step], int]:
    """The steps up to the average over time, and the map that is averaged."""
    found = list(steps(model, axis))
    if not found or not found[-1].ends_time:
        raise ConvertError(
            "The trunk cannot be streamed: it has no average over time. "
            "Leave [voice] stream out of the recipe."
        )
    return found, found[-1].inputs[0]


def _spans(model: ModelFile, found: list[Step]) -> dict[int, Span]:
    return spans(found, _features(model))


def _rewritten(model: ModelFile, found: list[Step], axis: int, plan: Plan) -> bytes:
    return _Rewriting(model, axis, plan).run(found)


class _Rewriting:
    """Puts the operators of a plan in the place of the graph's."""

    def __init__(self, model: ModelFile, axis: int, plan: Plan) -> None:
        self._model, self._axis, self._plan = model, axis, plan
        self._operators: list[Any] = []
        self._joined: dict[int, int] = {}
        self._instead: dict[int, int] = {}
        self._before: list[int] = []
        self._after: list[int] = []

    def run(self, found: list[Step]) -> bytes:
        graph = self._model.graph
        changed = {id(step.operator) for step in found}
        rest = [each for each in graph.operators if id(each) not in changed]
        for place, block in self._plan.blocks.items():
            self._resize(place, block.length)
        for number, step in enumerate(found):
            self._step(number, step)
        graph.operators = [*self._operators, *rest]
        graph.inputs = [int(graph.inputs[0]), *self._before]
        graph.outputs = [*(int(place) for place in graph.outputs), *self._after]
        return self._model.written()

    def _resize(self, tensor: int, length: int) -> None:
        shape = self._model.shape(tensor)
        shape[self._axis] = length
        self._model.graph.tensors[tensor].shape = shape
        self._model.graph.tensors[tensor].shapeSignature = None

    def _step(self, number: int, step: Step) -> None:
        original = {each: self._model.shape(each) for each in step.inputs}
        taken = {each: self._take(number, each) for each in step.inputs}
        operator, options = step.operator, step.operator.builtinOptions
        if step.name == "PAD":
            taken_from = taken[step.inputs[0]]
            if not self._keep_padding(operator):
                self._instead[step.output] = taken_from
                return
        elif step.name == "AVERAGE_POOL_2D" and step.ends_time:
            self._average(options, self._plan.takes[number, step.inputs[0]].length)
        elif step.kernel is not None and options.padding == SAME:
            (each,) = step.inputs
            taken[each] = self._beside(step, taken[each], original[each])
            options.padding = VALID
        operator.inputs = [taken.get(int(place), int(place)) for place in operator.inputs]
        self._operators.append(operator)

    def _take(self, number: int, each: int) -> int:
        """What a step reads of a map: a slice of its state and its new positions."""
        block, context = self._plan.blocks[each], self._plan.context.get(each, 0)
        wanted = self._plan.takes[number, each]
        source = self._join(each, context) if context else self._instead.get(each, each)
        offset = wanted.start - (block.start - context)
        if (offset, wanted.length) == (0, block.length + context):
            return source
        return self._slice(source, offset, wanted.length, f"taken_{number}_{each}")

    def _join(self, each: int, context: int) -> int:
        """State and new positions of a map as one, made once; the end of it is the next state."""
        if each not in self._joined:
            shape, number = self._model.shape(each), len(self._before)
            new = self._instead.get(each, each)
            shape[self._axis] = context
            state = self._model.add_like(each, shape, f"state_{number}")
            shape[self._axis] = context + self._plan.blocks[each].length
            whole = self._model.add_like(each, shape, f"joined_{number}")
            version = 2 if self._model.is_integer(each) else 1
            self._operators.append(
                self._model.operator("CONCATENATION", version, [state, new], whole, axis=self._axis)
            )
            after = self._slice(
                whole, self._plan.blocks[each].length, context, f"next_state_{number}"
            )
            self._before.append(state)
            self._after.append(after)
            self._joined[each] = whole
        return self._joined[each]

    def _slice(self, source: int, offset: int, length: int, name: str) -> int:
        shape = self._model.shape(source)
        begin, size = [0] * len(shape), list(shape)
        begin[self._axis], size[self._axis] = offset, length
        made = self._model.add_like(source, size, name)
        inputs = [
            source,
            self._model.add_constant(begin, f"{name}_begin"),
            self._model.add_constant(size, f"{name}_size"),
        ]
        version = 2 if self._model.is_integer(source) else 1
        self._operators.append(self._model.operator("SLICE", version, inputs, made))
        return made

    def _keep_padding(self, operator: Any) -> bool:
        """Takes the zeros along time away; whether others are left."""
        values = np.array(self._model.constant(operator.inputs[1]))
        values[self._axis] = 0
        operator.inputs = [
            int(operator.inputs[0]),
            self._model.add_constant(values, "paddings"),
        ]
        return bool(values.any())

    def _beside(self, step: Step, source: int, original: list[int]) -> int:
        """The zeros of SAME along frequency, which is the other axis, as an operator."""
        other = 3 - self._axis
        options, side = step.operator.builtinOptions, "HW"[other - 1]
        pools = step.name.endswith("POOL_2D")
        if pools:
            width = int(options.filterHeight if other == 1 else options.filterWidth)
        else:
            dilation = int(getattr(options, f"dilation{side}Factor"))
            width = (self._model.shape(step.operator.inputs[1])[other] - 1) * dilation + 1
        before, after = same_padding(original[other], width, getattr(options, f"stride{side}"))
        if not before + after:
            return source
        if pools:
            raise ConvertError(
                "The trunk cannot be streamed: a pool is padded along frequency. Pad it with an "
                "operator of its own, or leave [voice] stream out of the recipe."
            )
        shape, paddings = self._model.shape(source), np.zeros((4, 2), np.int32)
        shape[other] += before + after
        paddings[other] = before, after
        padded = self._model.add_like(source, shape, f"padded_{step.output}")
        inputs = [source, self._model.add_constant(paddings, f"paddings_{step.output}")]
        version = 2 if self._model.is_integer(source) else 1
        self._operators.append(self._model.operator("PAD", version, inputs, padded))
        return padded

    def _average(self, options: Any, length: int) -> None:
        if self._axis == 1:
            options.filterHeight = options.strideH = length
        else:
            options.filterWidth = options.strideW = length
