"""Which positions of time each map of a trunk holds, for a whole window and for a stream.

Seen over endless time, position j of a map whose `stride` is s depends on the frames j·s + first
to j·s + last. From that follow the receptive field and what a map must keep from run to run. The
zeros that a network was trained with at a window's ends are taken for what they stand for, the
frames beyond: in a stream there always are some.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from convert.errors import ConvertError
from convert.streaming.steps import Kernel, Step


@dataclass(frozen=True)
class Span:
    """What position 0 of a map depends on."""

    stride: int
    """frames from one position to the next"""
    first: int
    last: int
    """frames"""

    @property
    def receptive_field(self) -> int:
        """Frames."""
        return self.last - self.first + 1


@dataclass(frozen=True)
class Block:
    """Positions of a map that one run computes."""

    start: int
    length: int

    @property
    def end(self) -> int:
        return self.start + self.length


@dataclass
class Plan:
    """One run of the trunk."""

    blocks: dict[int, Block] = field(default_factory=dict)
    """map → its new positions"""
    takes: dict[tuple[int, int], Block] = field(default_factory=dict)
    """(step, map) → positions that the step reads"""
    context: dict[int, int] = field(default_factory=dict)
    """map → positions before its block that some step reads: the state"""


def spans(steps: Sequence[Step], features: int) -> dict[int, Span]:
    """What each map depends on."""
    found = {features: Span(1, 0, 0)}
    for step in steps:
        if step.ends_time:
            break
        inputs = [found[each] for each in step.inputs]
        if len({each.stride for each in inputs}) > 1:
            raise ConvertError("The trunk adds maps of different time steps: not to be streamed.")
        (stride,) = {each.stride for each in inputs}
        first, last = min(x.first for x in inputs), max(x.last for x in inputs)
        kernel = step.kernel or Kernel(1, 1, 0)
        found[step.output] = Span(
            stride * kernel.stride,
            first - stride * kernel.before,
            last + stride * (kernel.width - 1 - kernel.before),
        )
    return found


def window_plan(steps: Sequence[Step], features: int, positions: int) -> Plan:
    """A window with so many positions of the last map, from nothing before it."""
    last = _last(steps, features)
    frames = last.receptive_field + last.stride * (positions - 1)
    return _planned(steps, features, Block(last.first, frames), _all_that_fit)


def stream_plan(steps: Sequence[Step], features: int, positions: int) -> Plan:
    """The frames of so many positions of the last map, after others.

    The stream's frames are counted so that each run ends where a window ends.
    """
    last = _last(steps, features)
    delay = (-last.last - 1) % last.stride
    plan = _planned(steps, features, Block(-delay, last.stride * positions), _as_many_as_arrive)
    final = plan.blocks[steps[-1].inputs[0]]
    if (final.end - 1) * last.stride + last.last != plan.blocks[features].end - 1:
        raise ConvertError("The trunk's branches end at different frames: not to be streamed.")
    return plan


def _last(steps: Sequence[Step], features: int) -> Span:
    if not steps or not steps[-1].ends_time:
        raise ConvertError(
            "The trunk has no average over time, so it cannot be streamed. "
            "Leave [voice] stream out of the recipe."
        )
    return spans(steps, features)[steps[-1].inputs[0]]


Rule = Callable[[Kernel, Sequence[Block]], Block]


def _planned(steps: Sequence[Step], features: int, given: Block, rule: Rule) -> Plan:
    plan = Plan({features: given})
    for number, step in enumerate(steps):
        inputs = [plan.blocks[each] for each in step.inputs]
        kernel = step.kernel or Kernel(1, 1, 0)
        made = rule(kernel, inputs)
        wanted = Block(
            made.start * kernel.stride - kernel.before,
            (made.length - 1) * kernel.stride + kernel.width,
        )
        for each, block in zip(step.inputs, inputs, strict=True):
            plan.takes[number, each] = wanted
            missing = max(block.start - wanted.start, 0)
            plan.context[each] = max(plan.context.get(each, 0), missing)
        if not step.ends_time:
            plan.blocks[step.output] = made
    return plan


def _all_that_fit(kernel: Kernel, inputs: Sequence[Block]) -> Block:
    """Every position whose inputs are there."""
    start = max(-((-each.start - kernel.before) // kernel.stride) for each in inputs)
    end = min((each.end + kernel.before - kernel.width) // kernel.stride + 1 for each in inputs)
    if end <= start:
        raise ConvertError("The trunk's window is shorter than its receptive field.")
    return Block(start, end - start)


def _as_many_as_arrive(kernel: Kernel, inputs: Sequence[Block]) -> Block:
    """One position for each stride of new ones, the latest whose inputs are there."""
    end = min((each.end + kernel.before - kernel.width) // kernel.stride + 1 for each in inputs)
    length = inputs[0].length // kernel.stride
    return Block(end - length, length)


def frozen(plan: Plan) -> Mapping[int, int]:
    """The maps that keep something, and how much."""
    return {each: kept for each, kept in plan.context.items() if kept}
