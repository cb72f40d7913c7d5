"""The microphone: a capture process that is started again whenever its sound stops."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator

from edge.audio.block import AudioBlock
from edge.audio.capture_process import CaptureProcess, NotOpeningError
from edge.audio.capture_wire import Opened
from edge.audio.inputs import NONE_FOUND, Microphone, choose
from edge.audio.intake import Intake
from edge.audio.no_sound import NoSound
from edge.audio.port_audio import microphones
from edge.errors import SoundError

__all__ = ["NONE_FOUND", "Microphone", "MicrophoneSource", "choose", "microphones"]

log = logging.getLogger(__name__)

QUICK_TRIES = 10
QUICK_S, SLOW_S = 0.5, 2.0
"""from one try to the next: at first, and later for ever"""
OPENING_S, LONGEST_OPENING_S = 10.0, 80.0
"""how long opening may take; doubles while it takes longer"""


class MicrophoneSource:
    """A microphone that may come and go. It never ends by itself: without sound it gives NoSound
    and tries again."""

    def __init__(self, device: str = "") -> None:
        """`device` as in the settings. Opens nothing yet."""
        self._device = device
        self._origin_s = time.monotonic()
        self._changed = threading.Condition()
        self._muted = self._closed = False
        self._capture: CaptureProcess | None = None
        self._told = ""
        self.opened: Opened | None = None
        """the device that was opened last"""

    def __iter__(self) -> Iterator[AudioBlock | NoSound]:
        tries, limit_s = 0, OPENING_S
        while self._wait_for_leave():
            capture: CaptureProcess | None = None
            try:
                capture = self._start()
                if capture is None:  # muted or closed in between
                    continue
                self.opened = capture.open(limit_s)
                log.info(
                    "event=microphone_open name=%r rate=%d channels=%d tries=%d",
                    *(self.opened.name, self.opened.rate, self.opened.channels, tries + 1),
                )
                limit_s = OPENING_S
                intake = Intake(self.opened, self._origin_s)
                while True:
                    item = intake(capture.read())
                    tries, self._told = 0, ""
                    if item is not None:
                        yield item
            except SoundError as error:
                if isinstance(error, NotOpeningError):
                    limit_s = min(2 * limit_s, LONGEST_OPENING_S)
                if self._may_listen() and str(error) != self._told:
                    self._told = str(error)
                    yield NoSound(self._told)
            finally:
                if capture is not None:
                    capture.release()
                self._capture = None
            tries += 1
            self._pause(QUICK_S if tries <= QUICK_TRIES else SLOW_S)

    def mute(self, muted: bool) -> None:
        """Close the device, or let it be opened again. Muted means that the capture process is
        gone when this returns."""
        with self._changed:
            self._muted, self._told = muted, ""
            self._stop_capture()

    def close(self) -> None:
        """End the capture process. May be called twice, and from another thread."""
        with self._changed:
            self._closed = True
            self._stop_capture()

    def _stop_capture(self) -> None:
        capture = self._capture
        if capture is not None and not self._may_listen():
            capture.close()
        self._changed.notify_all()

    def _may_listen(self) -> bool:
        return not (self._muted or self._closed)

    def _wait_for_leave(self) -> bool:
        """Wait while muted. False when it is time to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._muted)
            return not self._closed

    def _start(self) -> CaptureProcess | None:
        """A new process; none when it may not be. Raises SoundError."""
        with self._changed:
            if not self._may_listen():
                return None
            self._capture = CaptureProcess(self._device)
            return self._capture

    def _pause(self, seconds: float) -> None:
        """Wait before the next try; not when muting or closing ended the last one."""
        with self._changed:
            if self._may_listen():
                self._changed.wait_for(lambda: not self._may_listen(), seconds)
