"""The delegates of a daemon, and which networks run on them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from edge.inference.accelerator import Accelerator
from edge.inference.backoff import Backoff
from edge.inference.delegate_state import DelegateState, Listener
from edge.inference.delegates import is_compiled, is_edgetpu, pairing
from edge.inference.graph import Graph
from edge.inference.guarded import LOAD_S
from edge.inference.interpreter import LocalGraph
from edge.inference.order import Order
from edge.inference.placement import Delegate

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
        """`limit_s`: longest that an inference may take; `backoff` makes one for each device."""
        self._limit_s, self._listener, self._backoff = limit_s, listener, backoff
        self._devices: list[tuple[Delegate, Accelerator]] = []

    def open(self, order: Order) -> Graph:
        """The network, ready. Raises BundleError."""
        delegate = order.placement.delegate
        local = LocalGraph(order.for_cpu, replace(order.placement, delegate=None), order.name)
        if delegate is None:
            return local
        if is_edgetpu(delegate) and not is_compiled(order.content):
            log.warning("event=not_compiled model=%r delegate=edgetpu running_on=cpu", order.name)
            return local
        if is_compiled(order.content) and not is_edgetpu(delegate):
            order = replace(order, content=order.for_cpu)
        return self._device(delegate, order).open(order, local)

    def start(self) -> None:
        """Begin to use the delegates, when all networks are opened."""
        for _, device in self._devices:
            device.start()

    def settle(self) -> None:
        """Wait until each delegate works or has failed."""
        for _, device in self._devices:
            device.settle(2 * LOAD_S)

    @property
    def states(self) -> tuple[DelegateState, ...]:
        """How they stand now, one for each stage. From any thread."""
        return tuple(state for _, device in self._devices for state in device.states)

    def close(self) -> None:
        """End all processes. May be called twice."""
        for _, device in self._devices:
            device.close()

    def _device(self, delegate: Delegate, order: Order) -> Accelerator:
        """What stands for the delegate. A stick can be opened by one process only, so stages with
        the same delegate share one."""
        for known, device in self._devices:
            if known == delegate:
                return device
        if is_edgetpu(delegate) and (words := pairing(order.placement.runtime)):
            log.warning("event=delegate_pair advice=%r", words)
        made = Accelerator(str(delegate), self._limit_s, self._listener, self._backoff())
        self._devices.append((delegate, made))
        return made
