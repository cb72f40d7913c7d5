"""Networks on a delegate, and on the CPU whenever that fails.

What goes wrong in a driver costs no answer: the same input is run on the CPU at once. The CPU's
network is opened at the start and kept, which costs its memory: to open 150 MB took a PC up to
0.3 s, and an update has 0.5 s.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from edge.inference.golden import OTHER_FILE_SHARE, SHARE, Golden, golden
from edge.inference.graph import Graph, Stored, TensorSpec
from edge.inference.order import Order
from edge.inference.remote import DelegateFailureError, Remote, Specs

LOAD_S = 20.0
"""an Edge TPU takes seconds to wake up, and to take in 8 MB of weights over USB 2"""
SHORTEST_LIMIT_S, TIMES_SLOWER = 0.3, 10.0
"""an inference may take so much at least, and so much longer than it usually does"""
GOLDEN_SHARE = 0.1
"""of the time, at most, that goes into golden inputs"""


class GuardedGraph:
    """One network of an accelerated stage (a `Graph`). To the outside it is the CPU's."""

    def __init__(
        self,
        run: Callable[[GuardedGraph, Sequence[Stored]], list[Stored]],
        order: Order,
        on_cpu: Graph,
    ) -> None:
        """`run` decides where."""
        self.on_cpu, self._run, self._order = on_cpu, run, order
        self.inputs, self.outputs = on_cpu.inputs, on_cpu.outputs
        first = None
        if order.golden is not None:
            spec = on_cpu.inputs[0]
            first = spec.numbers.stored(order.golden.reshape(spec.shape))
        self._golden: Golden = golden(on_cpu, first)
        # another file of the network rounds otherwise: at first its answer is only to resemble the
        # CPU's, and from then on to stay what it was
        self._share = SHARE if order.content == order.for_cpu else OTHER_FILE_SHARE
        self._specs = Specs((), ())
        self._limit_s = 0.0
        self.next_golden = 0.0
        """when the golden input is due again, by the accelerator's clock"""

    def run(self, values: Sequence[Stored]) -> list[Stored]:
        return self._run(self, values)

    def close(self) -> None:
        self.on_cpu.close()

    def load(self, remote: Remote, limit_s: float, clock: Callable[[], float]) -> None:
        """Load it there, and prove it. Raises DelegateFailureError."""
        order = self._order
        specs = remote.load(order.name, order.content, order.placement, LOAD_S)
        shapes = [[s.shape for s in side] for side in (specs.inputs, specs.outputs)]
        if shapes != [[s.shape for s in side] for side in (self.inputs, self.outputs)]:
            raise DelegateFailureError("its graph has other inputs or outputs than the CPU's")
        self._specs, self._limit_s = specs, LOAD_S
        self.prove(remote, clock)  # the first run of all sets up
        started = time.monotonic()
        self.prove(remote, clock)
        usual = time.monotonic() - started
        if usual > limit_s:
            raise DelegateFailureError(
                f"it needs {usual:.2g} s for the {order.name}, and [inference] time_limit_s "
                f"allows {limit_s:.2g}"
            )
        self._limit_s = min(limit_s, max(SHORTEST_LIMIT_S, TIMES_SLOWER * usual))

    def on_delegate(self, remote: Remote, values: Sequence[Stored]) -> list[Stored]:
        """The delegate's answer. Raises DelegateFailureError."""
        adapted = _adapted(values, self.inputs, self._specs.inputs)
        given = remote.run(self._order.name, adapted, self._limit_s)
        for tensor in given:
            if tensor.dtype.kind == "f" and not np.all(np.isfinite(tensor)):
                raise DelegateFailureError("it gives values that are not numbers")
        return _adapted(given, self._specs.outputs, self.outputs)

    def prove(self, remote: Remote, clock: Callable[[], float]) -> None:
        """Run the golden input there. Raises DelegateFailureError when the answer is wrong."""
        started = clock()
        adapted = _adapted(self._golden.inputs, self.inputs, self._specs.inputs)
        given = remote.run(self._order.name, adapted, self._limit_s)
        trouble = self._golden.trouble(given, self._specs.outputs, self._share)
        if trouble:
            raise DelegateFailureError(trouble)
        if self._share == OTHER_FILE_SHARE:
            self._golden = Golden(self._golden.inputs, tuple(given), self._specs.outputs)
            self._share = SHARE
        ended = clock()
        self.next_golden = ended + (ended - started) / GOLDEN_SHARE


def _adapted(
    values: Sequence[Stored], given: Sequence[TensorSpec], wanted: Sequence[TensorSpec]
) -> list[Stored]:
    """The same numbers as another file of the network stores them."""
    return [
        value
        if (a.dtype, a.numbers) == (b.dtype, b.numbers)
        else b.numbers.stored(a.numbers.real(value)).astype(b.dtype)
        for value, a, b in zip(values, given, wanted, strict=True)
    ]
