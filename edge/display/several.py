"""Several displays as one: what each of them gets, and what happens when one is gone."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from edge.errors import DeviceError, WindowClosedError
from edge.scene import Display, Scene

log = logging.getLogger(__name__)


class SeveralDisplays:
    """Shows every scene on all displays. One that fails stops none of the others."""

    def __init__(self, displays: Sequence[Display]) -> None:
        self.displays = tuple(displays)
        self.name = ",".join(display.name for display in self.displays)

    def show(self, scene: Scene) -> None:
        """Show on all. Then raises WindowClosedError when a window was closed, and else a
        DeviceError that says what every failing display said."""
        troubles: list[str] = []
        closed: WindowClosedError | None = None
        for display in self.displays:
            try:
                display.show(scene)
            except WindowClosedError as error:
                closed = error
            except DeviceError as error:
                troubles.append(str(error))
        if closed is not None:
            raise closed
        if troubles:
            raise DeviceError(" ".join(troubles))

    def close(self) -> None:
        """Close all. May be called twice."""
        for display in self.displays:
            try:
                display.close()
            except DeviceError as error:
                log.error("event=display_close_failed display=%s error=%r", display.name, error)
