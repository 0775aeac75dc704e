"""Worker processes forked from one parent that watches over them."""

from __future__ import annotations

import logging
import os
import random
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from etesian.core_loop.process.cpus import cpu_count

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["fork_processes", "task_id"]

_log = logging.getLogger("etesian.general")

_task_id: int | None = None


def task_id() -> int | None:
    """Return this worker's number, 0 to n-1; None where `fork_processes` did not fork."""
    return _task_id


def fork_processes(num_processes: int | None, max_restarts: int | None = None) -> int:
    """Fork workers; return the worker's number, 0 to n-1, in each of them.

    None, 0 or a negative `num_processes` is one worker per processor. The call returns in
    the workers alone. The parent stays in it: it starts a worker that died of a signal or
    exited with a status other than 0 again, under the same number, at most `max_restarts`
    times over all (100 by default). SIGTERM or SIGINT to the parent ends all of it: the
    workers get SIGTERM, none is started again. `SystemExit` is raised in the parent when
    every worker has ended.

    Call it from the main thread before any event loop exists: workers that share a loop's
    descriptors with their parent would steal each other's events.

    Raises RuntimeError in the parent when a loop exists, when workers died too often (those
    left have been ended then), and on systems without ``fork``.
    """
    if not hasattr(os, "fork"):
        raise RuntimeError("this system has no fork: start the processes by other means")
    if _a_loop_exists():
        raise RuntimeError("fork_processes must be called before any event loop is made")
    count = num_processes if num_processes is not None and num_processes > 0 else cpu_count()
    limit = DEFAULT_MAX_RESTARTS if max_restarts is None else max_restarts
    _log.info("Starting %d processes", count)
    return _Supervisor(count, limit).run()


# Restarts that `fork_processes` allows by default, as documented: enough for a long life
# with a rare crash, and soon used up by a program that dies at once.
DEFAULT_MAX_RESTARTS = 100


def _a_loop_exists() -> bool:
    # Without this module asyncio has made no IOLoop, and a loop that runs is seen below.
    loop_registry = sys.modules.get("etesian.core_loop.loop_registry")
    if loop_registry is not None and loop_registry.any_open():
        return True
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and asyncio._get_running_loop() is not None  # noqa: SLF001  public in asyncio.__all__


class _Supervisor:
    """The parent's side: which worker has which number, and what to do when one ends.

    On the main thread, signals are held back while it watches, and taken one by one between
    two looks at the workers. A handler could run in the moment before the parent goes to
    sleep, and it would sleep on.
    """

    def __init__(self, count: int, max_restarts: int) -> None:
        self._count = count
        self._restarts_left = max_restarts
        self._numbers: dict[int, int] = {}  # process id -> worker's number
        self._stopping = False
        self._takes_signals = threading.current_thread() is threading.main_thread()

    def run(self) -> int:
        """Fork and watch; return only in a worker, with its number."""
        with self._signals_held_back():
            for number in range(self._count):
                if self._fork(number):
                    return number
            while self._numbers:
                failed = self._await_failure()
                if failed is not None and self._fork(failed):
                    return failed
        raise SystemExit(0)

    def _fork(self, number: int) -> bool:
        """Start a worker; return True in it and False in the parent."""
        process_id = os.fork()
        if process_id:
            self._numbers[process_id] = number
            return False
        global _task_id  # noqa: PLW0603  a property of the process
        _task_id = number
        self._numbers.clear()
        # Workers with the parent's state of the generator would all draw the same numbers.
        random.seed(os.urandom(32))
        return True

    def _await_failure(self) -> int | None:
        """Wait until a worker ends; return its number if it is to be started again."""
        process_id, status = self._await_end()
        number = self._numbers.pop(process_id, None)
        exit_code = os.waitstatus_to_exitcode(status)
        if number is None or self._stopping:
            return None
        if exit_code == 0:
            _log.info("Process %d (pid %d) exited normally", number, process_id)
            return None
        if exit_code < 0:
            _log.warning("Process %d (pid %d) died of signal %d", number, process_id, -exit_code)
        else:
            _log.warning("Process %d (pid %d) exited with %d", number, process_id, exit_code)
        if self._restarts_left <= 0:
            self._end_workers()
            while self._numbers:
                self._numbers.pop(self._await_end()[0], None)
            raise RuntimeError("too many restarts: the worker processes keep failing")
        self._restarts_left -= 1
        return number

    def _await_end(self) -> tuple[int, int]:
        """Wait until a child ends; return its process id and status."""
        if not self._takes_signals:
            return os.wait()
        while True:
            process_id, status = os.waitpid(-1, os.WNOHANG)
            if process_id:
                return process_id, status
            if signal.sigwait(_WATCHED_SIGNALS) != signal.SIGCHLD:
                self._end_workers()

    def _end_workers(self) -> None:
        self._stopping = True
        for process_id in self._numbers:
            os.kill(process_id, signal.SIGTERM)

    @contextmanager
    def _signals_held_back(self) -> Iterator[None]:
        """Hold signals back until the block is left, which a worker does at once."""
        if not self._takes_signals:
            yield
            return
        # Without a handler some systems drop SIGCHLD instead of keeping it for sigwait.
        handler = signal.signal(signal.SIGCHLD, lambda *_: None)
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED_SIGNALS)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            signal.signal(signal.SIGCHLD, handler)


# By name: a system without fork lacks SIGCHLD too, and may still import this.
_WATCHED_SIGNALS = {
    getattr(signal, name) for name in ("SIGCHLD", "SIGINT", "SIGTERM") if hasattr(signal, name)
}
