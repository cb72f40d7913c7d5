"""Processes that share the work on many recordings."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor


def workers(processes: int, initializer: Callable[[], object] | None = None) -> ProcessPoolExecutor:
    """A pool of fresh processes.

    Not forked: a fork takes over the locks, but not the threads, of TensorFlow and PyTorch, and
    then waits for ever.
    """
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(processes, mp_context=spawn, initializer=initializer)
