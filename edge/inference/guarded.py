"""Networks on a delegate, and on the CPU whenever that fails.

What goes wrong in a driver costs no answer: the same input is run on the CPU at once. The delegate
is tried again in the background, in a new process, and taken back when it passes its golden inputs.
Nobody waits for it, not even at the start.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from edge.inference.backoff import Backoff
from edge.inference.golden import Golden, golden
from edge.inference.graph import Graph, Stored, TensorSpec
from edge.inference.order import Order
from edge.inference.placement import Placement
from edge.inference.remote import DelegateFailureError, Remote, Specs

log = logging.getLogger(__name__)

LOAD_S = 20.0
"""an Edge TPU takes seconds to wake up, and to take in 8 MB of weights over USB 2"""
SHORTEST_LIMIT_S, TIMES_SLOWER = 0.3, 10.0
"""an inference may take so much at least, and so much longer than it usually does"""
GOLDEN_SHARE = 0.1
"""of the time, at most, that goes into golden inputs"""
STABLE_S = 60.0
"""a delegate that works so long begins its back-off anew"""


@dataclass(frozen=True)
class DelegateState:
    """How a stage and its delegate stand."""

    stage: str
    """`voice` or `face`"""
    delegate: str
    """as in the settings"""
    working: bool
    reason: str
    """why it does not work, as a clause; empty while it works, and before the first try"""
    failures: int
    """since the start"""


Listener = Callable[[DelegateState], None]


class Accelerator:
    """One stage's delegate: one process, all graphs of the stage in it."""

    def __init__(
        self,
        stage: str,
        delegate: str,
        limit_s: float,
        listener: Listener,
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`limit_s`: longest that an inference may take, whatever it usually takes."""
        self._stage, self._name, self._limit_s = stage, delegate, limit_s
        self._listener, self._clock = listener, clock
        self._backoff = backoff or Backoff()
        self._guarded: dict[str, GuardedGraph] = {}
        self._lock = threading.Lock()
        self._remote: Remote | None = None
        self._since = 0.0
        self._failures = 0
        self._wanted, self._settled = threading.Event(), threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self.state = DelegateState(stage, delegate, working=False, reason="", failures=0)

    def open(self, order: Order, on_cpu: Graph) -> GuardedGraph:
        """A graph that is run on the delegate, and on `on_cpu` while it fails."""
        made = GuardedGraph(self, order, on_cpu)
        self._guarded[order.name] = made
        return made

    def start(self) -> None:
        """Begin to try, when all graphs are opened."""
        self._thread = threading.Thread(
            target=self._keep_trying, name=f"delegate-{self._stage}", daemon=True
        )
        self._wanted.set()
        self._thread.start()

    def settle(self, limit_s: float) -> None:
        """Wait until the first try has succeeded or failed."""
        self._settled.wait(limit_s)

    def close(self) -> None:
        """End thread and process. May be called twice."""
        self._closing.set()
        self._wanted.set()
        if self._thread:
            self._thread.join(1.0)
        with self._lock:
            remote, self._remote = self._remote, None
        if remote:
            remote.close()

    def run(self, graph: GuardedGraph, values: Sequence[Stored]) -> list[Stored]:
        """The answer of the delegate, or else of the CPU."""
        remote = self._remote
        if remote is not None:
            try:
                given = graph.on_delegate(remote, values)
                if self._clock() >= graph.next_golden:
                    graph.prove(remote, self._clock)
                return given
            except DelegateFailureError as failure:
                self._failed(str(failure))
        return graph.on_cpu.run(values)

    def _failed(self, reason: str) -> None:
        with self._lock:
            remote, self._remote = self._remote, None
        self._failures += 1
        if self._clock() - self._since >= STABLE_S:
            self._backoff.succeeded()
        self._tell(working=False, reason=reason)
        self._wanted.set()
        if remote:
            threading.Thread(target=remote.close, daemon=True).start()  # killing may take a moment

    def _keep_trying(self) -> None:
        first = True
        while True:
            self._wanted.wait()
            if not first and self._closing.wait(self._backoff.next_s()):
                return
            if self._closing.is_set():
                return
            first = False
            self._wanted.clear()
            try:
                remote = self._tried()
            except DelegateFailureError as failure:
                self._failures += 1
                self._tell(working=False, reason=str(failure))
                self._wanted.set()
            else:
                self._since = self._clock()
                with self._lock:
                    self._remote = remote
                self._tell(working=True, reason="")
                if self._closing.is_set():
                    self.close()
            self._settled.set()

    def _tried(self) -> Remote:
        """A process whose graphs all pass. Raises DelegateFailureError."""
        remote = Remote()
        try:
            for graph in self._guarded.values():
                graph.load(remote, self._limit_s, self._clock)
        except BaseException:
            remote.close()
            raise
        return remote

    def _tell(self, *, working: bool, reason: str) -> None:
        self.state = DelegateState(self._stage, self._name, working, reason, self._failures)
        if working:
            log.info("event=delegate_works stage=%s delegate=%s", self._stage, self._name)
        else:
            log.warning(
                "event=delegate_failed stage=%s delegate=%s reason=%r running_on=cpu tries=%d",
                self._stage,
                self._name,
                reason,
                self._backoff.tries,
            )
        self._listener(self.state)


class GuardedGraph:
    """One network of an accelerated stage (a `Graph`). To the outside it is the CPU's."""

    def __init__(self, accelerator: Accelerator, order: Order, on_cpu: Graph) -> None:
        self.on_cpu, self._accelerator, self._order = on_cpu, accelerator, order
        self.inputs, self.outputs = on_cpu.inputs, on_cpu.outputs
        first = None
        if order.golden is not None:
            spec = on_cpu.inputs[0]
            first = spec.numbers.stored(order.golden.reshape(spec.shape))
        self._golden: Golden = golden(on_cpu, first)
        self._specs = Specs((), ())
        self._limit_s = 0.0
        self.next_golden = 0.0
        """when the golden input is due again, by the accelerator's clock"""

    def run(self, values: Sequence[Stored]) -> list[Stored]:
        return self._accelerator.run(self, values)

    def close(self) -> None:
        self.on_cpu.close()

    def load(self, remote: Remote, limit_s: float, clock: Callable[[], float]) -> None:
        """Load it there, and prove it. Raises DelegateFailureError."""
        placement: Placement = self._order.placement
        specs = remote.load(self._order.name, self._order.content, placement, LOAD_S)
        shapes = [[s.shape for s in side] for side in (specs.inputs, specs.outputs)]
        if shapes != [[s.shape for s in side] for side in (self.inputs, self.outputs)]:
            raise DelegateFailureError("its graph has other inputs or outputs than the CPU's")
        self._specs, self._limit_s = specs, LOAD_S
        self.prove(remote, clock)  # the first run of all sets up
        started = time.monotonic()
        self.prove(remote, clock)
        usual = time.monotonic() - started
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
        trouble = self._golden.trouble(given, self._specs.outputs)
        if trouble:
            raise DelegateFailureError(trouble)
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


def on_cpu(placement: Placement) -> Placement:
    """The same without its delegate."""
    return replace(placement, delegate=None)
