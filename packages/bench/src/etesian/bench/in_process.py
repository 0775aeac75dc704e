"""Work that is done in this process, without a server."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from etesian.bench.contender import Sample
from etesian.bench.cores import server_core

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etesian.bench.contender import Running

# Shorter than any round, long enough that looking at the clock costs nothing that counts.
_BATCH_SECONDS = 0.005


class InProcess:
    """A function that does the suite's one thing and gives what came of it."""

    def __init__(self, operation: Callable[[], bytes]) -> None:
        self._operation = operation
        started = time.perf_counter()
        operation()
        once = max(time.perf_counter() - started, 1e-7)
        self._batch = max(1, int(_BATCH_SECONDS / once))

    def answer(self) -> bytes:
        """Give the result."""
        return self._operation()

    def measure(self, seconds: float) -> Sample:
        """Do it for that long."""
        operation, batch, count = self._operation, self._batch, 0
        started, cpu = time.perf_counter(), time.process_time()
        while time.perf_counter() - started < seconds:
            for _ in range(batch):
                operation()
            count += batch
        elapsed = time.perf_counter() - started
        return Sample(rate=count / elapsed, cpu_us=1e6 * (time.process_time() - cpu) / count)


@contextmanager
def in_process(prepare: Callable[[], Callable[[], bytes]]) -> Iterator[Running]:
    """Give what ``prepare`` makes ready, on the core where servers run otherwise."""
    os.sched_setaffinity(0, {server_core()})
    yield InProcess(prepare())
