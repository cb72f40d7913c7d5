"""The delegates of a daemon: one for each stage that has one."""

from __future__ import annotations

import logging
from collections.abc import Callable

from edge.inference.backoff import Backoff
from edge.inference.delegates import is_compiled, is_edgetpu
from edge.inference.graph import Graph
from edge.inference.guarded import LOAD_S, Accelerator, DelegateState, Listener, on_cpu
from edge.inference.interpreter import LocalGraph
from edge.inference.order import Order

log = logging.getLogger(__name__)


LIMIT_S = 1.0
"""longest that an inference may take on a delegate"""


class Accelerators:
    """Opens networks where their orders say, and watches over what is not the CPU."""

    def __init__(
        self,
        limit_s: float = LIMIT_S,
        listener: Listener = lambda state: None,
        backoff: Callable[[], Backoff] = Backoff,
    ) -> None:
        """`limit_s`: longest that an inference may take; `backoff` makes one for each stage."""
        self._limit_s, self._listener, self._backoff = limit_s, listener, backoff
        self._stages: dict[str, Accelerator] = {}

    def open(self, order: Order) -> Graph:
        """The network, ready. Raises BundleError."""
        local = on_cpu(order.placement)
        delegate = order.placement.delegate
        if delegate is None:
            return LocalGraph(order.content, local, order.name)
        cpu = LocalGraph(order.for_cpu, local, order.name)
        if is_edgetpu(delegate) and not is_compiled(order.content):
            log.warning("event=not_compiled model=%r delegate=edgetpu running_on=cpu", order.name)
            return cpu
        if order.stage not in self._stages:
            self._stages[order.stage] = Accelerator(
                order.stage, str(delegate), self._limit_s, self._listener, self._backoff()
            )
        return self._stages[order.stage].open(order, cpu)

    def start(self) -> None:
        """Begin to use the delegates, when all networks are opened."""
        for stage in self._stages.values():
            stage.start()

    def settle(self) -> None:
        """Wait until each delegate works or has failed."""
        for stage in self._stages.values():
            stage.settle(2 * LOAD_S)

    @property
    def states(self) -> tuple[DelegateState, ...]:
        """How they stand now. From any thread."""
        return tuple(stage.state for stage in self._stages.values())

    def close(self) -> None:
        """End all processes. May be called twice."""
        for stage in self._stages.values():
            stage.close()
