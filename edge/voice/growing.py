"""A buffer that takes arrays at its end and lets go of them at its beginning."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Growing:
    """Rows of an endless array, by their numbers; only the latest are kept.

    They lie in one piece of memory, so that any stretch of them is a view.
    """

    def __init__(
        self,
        capacity: int,
        shape: tuple[int, ...] = (),
        dtype: npt.DTypeLike = np.float32,
        first: int = 0,
    ) -> None:
        """`capacity`: rows that there is room for at first; `first`: number of the first one."""
        self._rows: Array = np.empty((max(capacity, 1), *shape), dtype)
        self._start = self._end = 0
        self.first = first
        """number of the oldest row that is kept"""

    @property
    def count(self) -> int:
        """Rows so far; the next one has this number."""
        return self.first + self._end - self._start

    def append(self, rows: Array) -> None:
        """Take rows `(n, …)`."""
        if self._end + len(rows) > len(self._rows):
            self._make_room(len(rows))
        self._rows[self._end : self._end + len(rows)] = rows
        self._end += len(rows)

    def rows(self, first: int, end: int) -> Array:
        """The rows of these numbers, as a view that holds until something is appended."""
        start = self._start + first - self.first
        return self._rows[start : start + end - first]

    def drop(self, before: int) -> None:
        """Let go of the rows before this number."""
        gone = min(max(before - self.first, 0), self._end - self._start)
        self._start += gone
        self.first += gone

    def _make_room(self, more: int) -> None:
        kept = self._rows[self._start : self._end]
        needed = len(kept) + more
        if 2 * needed > len(self._rows):  # else every piece would move the whole
            self._rows = np.empty((2 * needed, *kept.shape[1:]), kept.dtype)
        self._rows[: len(kept)] = kept
        self._start, self._end = 0, len(kept)
