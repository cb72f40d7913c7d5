"""Keeps a source flowing while the rest is busy."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Iterator

from edge.audio.block import AudioBlock
from edge.audio.no_sound import NoSound
from edge.audio.source import Source
from edge.errors import EdgeError

log = logging.getLogger(__name__)

CAPACITY = 100
"""blocks; 10 s"""

WARNING_INTERVAL_S = 60.0
"""a board that is too slow would fill its log otherwise"""


class Feed:
    """Reads a source in a thread of its own. When the reader falls behind by more than
    CAPACITY blocks, the oldest are dropped and counted, so memory does not grow."""

    def __init__(self, source: Source) -> None:
        self.lost_samples = 0
        self._next_warning = 0.0
        self._source = source
        self._blocks: queue.Queue[AudioBlock | NoSound] = queue.Queue(CAPACITY)
        self._ended = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._pump, name="feed", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[AudioBlock | NoSound | None]:
        """What the source gives, in order; None when nothing came for half a second. Ends with the
        source, and raises what ended the source if that was an error."""
        while True:
            try:
                yield self._blocks.get(timeout=0.02 if self._ended.is_set() else 0.5)
            except queue.Empty:
                if self._ended.is_set() and self._blocks.empty():
                    break
                yield None
        if self._error is not None:
            raise self._error

    def drop(self) -> None:
        """Forget what waits: it was heard before the microphone was muted."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._blocks.get_nowait()

    def close(self) -> None:
        """Close the source and wait a moment for its thread."""
        self._source.close()
        self._thread.join(2.0)

    def _pump(self) -> None:
        try:
            for item in self._source:
                while True:
                    try:
                        self._blocks.put_nowait(item)
                        break
                    except queue.Full:
                        self._drop_oldest()
        except EdgeError as error:
            self._error = error
        except Exception as error:
            log.exception("event=source_failed")
            self._error = error
        finally:
            self._ended.set()

    def _drop_oldest(self) -> None:
        try:
            dropped = self._blocks.get_nowait()
        except queue.Empty:
            return
        if isinstance(dropped, NoSound):
            return
        self.lost_samples += dropped.samples.size
        now = time.monotonic()
        if now >= self._next_warning:
            self._next_warning = now + WARNING_INTERVAL_S
            log.warning("event=sound_lost total_samples=%d", self.lost_samples)
