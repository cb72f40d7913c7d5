"""One delegate in its process: used, given up when it fails, tried again, taken back."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from edge.inference.backoff import Backoff
from edge.inference.delegate_state import DelegateState, Listener
from edge.inference.graph import Graph, Stored
from edge.inference.guarded import GuardedGraph
from edge.inference.order import Order
from edge.inference.remote import DelegateFailureError, Remote

log = logging.getLogger(__name__)

STABLE_S = 60.0
"""a delegate that works so long begins its back-off anew"""


class Accelerator:
    """A device with the process that has it open; stages that share the device share the process.

    `run` and `close` are for the thread that hears and draws. Tries go on in a thread of their own.
    """

    def __init__(
        self,
        delegate: str,
        limit_s: float,
        listener: Listener,
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`limit_s`: longest that an inference may take, whatever it usually takes."""
        self._name, self._limit_s = delegate, limit_s
        self._listener, self._clock = listener, clock
        self._backoff = backoff or Backoff()
        self._graphs: list[GuardedGraph] = []
        self._states: dict[str, DelegateState] = {}
        self._lock = threading.Lock()
        self._remote: Remote | None = None
        self._candidate: Remote | None = None
        self._since = 0.0
        self._failures = 0
        self._wanted, self._settled = threading.Event(), threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def states(self) -> tuple[DelegateState, ...]:
        """One for each stage that it serves. From any thread."""
        return tuple(self._states.values())

    def open(self, order: Order, on_cpu: Graph) -> GuardedGraph:
        """A graph that is run on the delegate, and on `on_cpu` while it fails."""
        made = GuardedGraph(self.run, order, on_cpu)
        self._graphs.append(made)
        self._states.setdefault(
            order.stage, DelegateState(order.stage, self._name, False, "", failures=0)
        )
        return made

    def start(self) -> None:
        """Begin to try, when all graphs are opened."""
        self._thread = threading.Thread(target=self._keep_trying, name="delegate", daemon=True)
        self._wanted.set()
        self._thread.start()

    def settle(self, limit_s: float) -> None:
        """Wait until the first try has succeeded or failed."""
        self._settled.wait(limit_s)

    def close(self) -> None:
        """End thread and process. May be called twice."""
        self._closing.set()
        self._wanted.set()
        with self._lock:
            remote, self._remote = self._remote, None
            if self._candidate:
                self._candidate.kill()  # its thread waits for it, and cleans up
        if remote:
            remote.close()
        if self._thread:
            self._thread.join(1.0)

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
                self._failed(remote, str(failure))
        return graph.on_cpu.run(values)

    def _failed(self, remote: Remote, reason: str) -> None:
        with self._lock:
            self._remote = None
        if self._clock() - self._since >= STABLE_S:
            self._backoff.succeeded()
        self._failures += 1
        self._tell(working=False, reason=reason)
        self._wanted.set()
        threading.Thread(target=remote.close, daemon=True).start()  # killing may take a moment

    def _keep_trying(self) -> None:
        wait_s = 0.0
        while True:
            self._wanted.wait()
            if self._closing.wait(wait_s):
                return
            self._wanted.clear()
            try:
                remote = self._tried()
            except DelegateFailureError as failure:
                if self._closing.is_set():
                    return
                self._failures += 1
                self._tell(working=False, reason=str(failure))
                self._wanted.set()
            else:
                self._since = self._clock()
                self._tell(working=True, reason="")  # before it can fail in the other thread
                with self._lock:
                    self._candidate, self._remote = None, remote
                if self._closing.is_set():
                    remote.close()
                    return
            self._settled.set()
            wait_s = self._backoff.next_s()

    def _tried(self) -> Remote:
        """A process whose graphs all pass. Raises DelegateFailureError."""
        remote = Remote()
        with self._lock:
            self._candidate = remote
        try:
            if self._closing.is_set():
                raise DelegateFailureError("it is not wanted any more")
            for graph in self._graphs:
                graph.load(remote, self._limit_s, self._clock)
        except BaseException:
            with self._lock:
                self._candidate = None
            remote.close()
            raise
        return remote

    def _tell(self, *, working: bool, reason: str) -> None:
        for stage in self._states:
            state = DelegateState(stage, self._name, working, reason, self._failures)
            self._states[stage] = state
            if working:
                log.info("event=delegate_works stage=%s delegate=%s", stage, self._name)
            else:
                log.warning(
                    "event=delegate_failed stage=%s delegate=%s reason=%r running_on=cpu tries=%d",
                    stage,
                    self._name,
                    reason,
                    self._backoff.tries,
                )
            self._listener(state)
