from __future__ import annotations

import time

from edge.display.latest import LatestWorker


def test_a_value_is_worked_on_again_while_no_other_comes() -> None:
    seen: list[int] = []
    worker = LatestWorker(seen.append, "test", per_second=1000, again_s=0.01)
    time.sleep(0.05)
    assert seen == [], "nothing to work on yet"
    worker.put(1)
    end = time.monotonic() + 30
    while len(seen) < 3 and time.monotonic() < end:
        time.sleep(0.01)
    worker.put(2)
    worker.close()
    assert set(seen[:3]) == {1}
    assert 2 in seen
    assert not worker.busy


def test_without_it_a_value_is_worked_on_once() -> None:
    seen: list[int] = []
    worker = LatestWorker(seen.append, "test", per_second=1000)
    worker.put(1)
    time.sleep(0.1)
    worker.close()
    assert seen == [1]
