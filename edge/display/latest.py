"""A mailbox for the latest value, with a thread that works on it at its own pace."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from edge.errors import DeviceError

T = TypeVar("T")
log = logging.getLogger(__name__)


class LatestWorker(Generic[T]):
    """Calls `work` with the newest value put in, in a thread; older ones are replaced.

    With `again_s` the value that was worked on last is worked on again whenever none came for so
    many seconds.

    A DeviceError in `work` is raised by the next `put`, once; the worker goes on with the value
    of that `put`, so that a trouble which passes heals.
    """

    def __init__(
        self,
        work: Callable[[T], None],
        name: str,
        per_second: float,
        again_s: float | None = None,
    ) -> None:
        self._work = work
        self._again_s = again_s
        self._pause_s = 1 / per_second
        self._changed = threading.Condition()
        self._waiting: list[T] = []
        self._error: DeviceError | None = None
        self._closing = False
        self._hurry = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()

    def put(self, value: T) -> None:
        """Hand over a value; never waits for the work. Raises what the last work raised."""
        with self._changed:
            self._waiting[:] = [value]
            self._changed.notify_all()
            error, self._error = self._error, None
        if error is not None:
            raise error
        if not self._thread.is_alive():
            raise DeviceError("The display's thread has ended. Start the program again.")

    def close(self, timeout_s: float = 5.0) -> None:
        """Work on what still waits, then end. May be called twice."""
        with self._changed:
            self._closing = True
            self._hurry.set()
            self._changed.notify_all()
        self._thread.join(timeout_s)
        with self._changed:
            error, self._error = self._error, None
        if error is not None:
            log.error("event=display_close_failed error=%r", str(error))

    @property
    def busy(self) -> bool:
        """Whether the thread still runs."""
        return self._thread.is_alive()

    def _loop(self) -> None:
        last: list[T] = []
        while True:
            with self._changed:
                again_s = self._again_s if last else None
                self._changed.wait_for(lambda: self._waiting or self._closing, again_s)
                if not self._waiting and self._closing:
                    return
                last = [self._waiting.pop()] if self._waiting else last
            try:
                self._work(last[0])
            except DeviceError as error:
                with self._changed:
                    self._error = error
            self._hurry.wait(self._pause_s)
